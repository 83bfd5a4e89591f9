import { An as VerificationError, Bt as emptyContent, Ct as isTemplate, Dn as ResourceError, Ft as assertSafePath, I as environmentProxies, It as createArchivePaths, Kt as finishDigest, Lt as formatManifest, M as fetchGithubToken, Mn as errorMessageOf, Mt as pushArtifact, N as openServices, Ot as parseTag, P as serviceError, Pt as assertLayerHolds, Rt as parseManifest, St as identityOf, Vt as emptyDescriptor, Wt as mediaTypes, Yt as startDigest, at as fetchBytes, bn as FailuresError, bt as formatIdentity, cn as packLimits, ct as isResourceFile, d as parsedLines, dt as locateFields, h as readText, hn as signingLimits, jt as fetchLayer, kn as SigningError, kt as artifactLayer, m as text$1, mn as schemaLimits, pn as resourceLimits, s as flag, sn as ociLimits, st as formatTime, u as parsed, ut as readResources, vn as ArchiveError, wn as PromotionError, wt as parseApiVersion, xn as InputError, yn as ContentError, zt as describe } from "./common.js";
import { _ as union, a as base64$1, d as looseObject, f as number, g as string, i as array, l as int, m as record, n as _enum, o as boolean, p as object, r as _undefined, u as literal, v as unknown } from "./zod.js";
import { n as Pax, r as Header } from "./tar.js";
import { c as readVisibility, d as objectAnnotationsOf, f as valueFieldsOf, l as isSecret } from "./github.js";
import { A as legacyAnnotations, C as missingSignatureError, D as payloadType, E as formatStatement, F as parseSubject, L as sealedMembersOf, O as signaturePredicateType, _ as findCandidates, a as parseSigningKey, b as provenanceOf, d as spendComparison, f as spendWalk, g as promotionPredicateType, i as parseTrustRoot, j as readIdentity, k as formatLegacyPayload, l as createCompiler, p as stepsOfText, s as ExpressionError, u as builtIn, v as legacySignatureTag, w as searchStatements } from "./signing.js";
import { t as RE2JS } from "./re2.js";
import { i as require_dist$2, n as require_dist$1, r as require_dist } from "./sigstore.js";
import { a as celFunc, c as isCelMap, d as mapType, f as celList, i as celEnv, l as CelScalar, m as isCelError, n as plan, o as celMethod, p as isCelList, r as parse$1, s as celMap, t as strings_default, u as listType } from "./cel.js";
import { BlockList, SocketAddress, isIP, isIPv4, isIPv6 } from "node:net";
import { brotliDecompressSync } from "node:zlib";
import { X509Certificate, createHash, createPublicKey, generateKeyPairSync, randomBytes, randomInt, sign } from "node:crypto";
import { createRequire } from "module";
import { resolve as resolve$1 } from "node:path";
import { setTimeout as setTimeout$1 } from "node:timers/promises";

// node_modules/fflate/esm/index.mjs
var require = createRequire("/");
var _a;
var Worker;
var isMarkedAsUntransferable;
try {
	_a = require("worker_threads"), Worker = _a.Worker, isMarkedAsUntransferable = _a.isMarkedAsUntransferable;
} catch (e) {}
var u8 = Uint8Array;
var u16 = Uint16Array;
var i32 = Int32Array;
var fleb = new u8([
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	1,
	1,
	1,
	1,
	2,
	2,
	2,
	2,
	3,
	3,
	3,
	3,
	4,
	4,
	4,
	4,
	5,
	5,
	5,
	5,
	0,
	0,
	0,
	0
]);
var fdeb = new u8([
	0,
	0,
	0,
	0,
	1,
	1,
	2,
	2,
	3,
	3,
	4,
	4,
	5,
	5,
	6,
	6,
	7,
	7,
	8,
	8,
	9,
	9,
	10,
	10,
	11,
	11,
	12,
	12,
	13,
	13,
	0,
	0
]);
var clim = new u8([
	16,
	17,
	18,
	0,
	8,
	7,
	9,
	6,
	10,
	5,
	11,
	4,
	12,
	3,
	13,
	2,
	14,
	1,
	15
]);
var freb = function(eb, start) {
	var b = new u16(31);
	for (var i = 0; i < 31; ++i) b[i] = start += 1 << eb[i - 1];
	var r = new i32(b[30]);
	for (var i = 1; i < 30; ++i) for (var j = b[i]; j < b[i + 1]; ++j) r[j] = j - b[i] << 5 | i;
	return {
		b,
		r
	};
};
var _a = freb(fleb, 2);
var fl = _a.b;
var revfl = _a.r;
fl[28] = 258, revfl[258] = 28;
var _b = freb(fdeb, 0);
var fd = _b.b;
var revfd = _b.r;
var rev = new u16(32768);
for (var i = 0; i < 32768; ++i) {
	var x = (i & 43690) >> 1 | (i & 21845) << 1;
	x = (x & 52428) >> 2 | (x & 13107) << 2;
	x = (x & 61680) >> 4 | (x & 3855) << 4;
	rev[i] = ((x & 65280) >> 8 | (x & 255) << 8) >> 1;
}
var hMap = (function(cd, mb, r) {
	var s = cd.length;
	var i = 0;
	var l = new u16(mb);
	for (; i < s; ++i) if (cd[i]) ++l[cd[i] - 1];
	var le = new u16(mb);
	for (i = 1; i < mb; ++i) le[i] = le[i - 1] + l[i - 1] << 1;
	var co;
	if (r) {
		co = new u16(1 << mb);
		var rvb = 15 - mb;
		for (i = 0; i < s; ++i) if (cd[i]) {
			var sv = i << 4 | cd[i];
			var r_1 = mb - cd[i];
			var v = le[cd[i] - 1]++ << r_1;
			for (var m = v | (1 << r_1) - 1; v <= m; ++v) co[rev[v] >> rvb] = sv;
		}
	} else {
		co = new u16(s);
		for (i = 0; i < s; ++i) if (cd[i]) co[i] = rev[le[cd[i] - 1]++] >> 15 - cd[i];
	}
	return co;
});
var flt = new u8(288);
for (var i = 0; i < 144; ++i) flt[i] = 8;
for (var i = 144; i < 256; ++i) flt[i] = 9;
for (var i = 256; i < 280; ++i) flt[i] = 7;
for (var i = 280; i < 288; ++i) flt[i] = 8;
var fdt = new u8(32);
for (var i = 0; i < 32; ++i) fdt[i] = 5;
var flm = /*#__PURE__*/ hMap(flt, 9, 0);
var fdm = /*#__PURE__*/ hMap(fdt, 5, 0);
var shft = function(p) {
	return (p + 7) / 8 | 0;
};
var slc = function(v, s, e) {
	if (s == null || s < 0) s = 0;
	if (e == null || e > v.length) e = v.length;
	return new u8(v.subarray(s, e));
};
var ec = [
	"unexpected EOF",
	"invalid block type",
	"invalid length/literal",
	"invalid distance",
	"stream finished",
	"no stream handler",
	,
	"no callback",
	"invalid UTF-8 data",
	"extra field too long",
	"date not in range 1980-2099",
	"filename too long",
	"stream finishing",
	"invalid zip data"
];
var err = function(ind, msg, nt) {
	var e = new Error(msg || ec[ind]);
	e.code = ind;
	if (Error.captureStackTrace) Error.captureStackTrace(e, err);
	if (!nt) throw e;
	return e;
};
var wbits = function(d, p, v) {
	v <<= p & 7;
	var o = p / 8 | 0;
	d[o] |= v;
	d[o + 1] |= v >> 8;
};
var wbits16 = function(d, p, v) {
	v <<= p & 7;
	var o = p / 8 | 0;
	d[o] |= v;
	d[o + 1] |= v >> 8;
	d[o + 2] |= v >> 16;
};
var hTree = function(d, mb) {
	var t = [];
	for (var i = 0; i < d.length; ++i) if (d[i]) t.push({
		s: i,
		f: d[i]
	});
	var s = t.length;
	var t2 = t.slice();
	if (!s) return {
		t: et,
		l: 0
	};
	if (s == 1) {
		var v = new u8(t[0].s + 1);
		v[t[0].s] = 1;
		return {
			t: v,
			l: 1
		};
	}
	t.sort(function(a, b) {
		return a.f - b.f;
	});
	t.push({
		s: -1,
		f: 25001
	});
	var l = t[0], r = t[1], i0 = 0, i1 = 1, i2 = 2;
	t[0] = {
		s: -1,
		f: l.f + r.f,
		l,
		r
	};
	while (i1 != s - 1) {
		l = t[t[i0].f < t[i2].f ? i0++ : i2++];
		r = t[i0 != i1 && t[i0].f < t[i2].f ? i0++ : i2++];
		t[i1++] = {
			s: -1,
			f: l.f + r.f,
			l,
			r
		};
	}
	var maxSym = t2[0].s;
	for (var i = 1; i < s; ++i) if (t2[i].s > maxSym) maxSym = t2[i].s;
	var tr = new u16(maxSym + 1);
	var mbt = ln(t[i1 - 1], tr, 0);
	if (mbt > mb) {
		var i = 0, dt = 0;
		var lft = mbt - mb, cst = 1 << lft;
		t2.sort(function(a, b) {
			return tr[b.s] - tr[a.s] || a.f - b.f;
		});
		for (; i < s; ++i) {
			var i2_1 = t2[i].s;
			if (tr[i2_1] > mb) {
				dt += cst - (1 << mbt - tr[i2_1]);
				tr[i2_1] = mb;
			} else break;
		}
		dt >>= lft;
		while (dt > 0) {
			var i2_2 = t2[i].s;
			if (tr[i2_2] < mb) dt -= 1 << mb - tr[i2_2]++ - 1;
			else ++i;
		}
		for (; i >= 0 && dt; --i) {
			var i2_3 = t2[i].s;
			if (tr[i2_3] == mb) {
				--tr[i2_3];
				++dt;
			}
		}
		mbt = mb;
	}
	return {
		t: new u8(tr),
		l: mbt
	};
};
var ln = function(n, l, d) {
	return n.s == -1 ? Math.max(ln(n.l, l, d + 1), ln(n.r, l, d + 1)) : l[n.s] = d;
};
var lc = function(c) {
	var s = c.length;
	while (s && !c[--s]);
	var cl = new u16(++s);
	var cli = 0, cln = c[0], cls = 1;
	var w = function(v) {
		cl[cli++] = v;
	};
	for (var i = 1; i <= s; ++i) if (c[i] == cln && i != s) ++cls;
	else {
		if (!cln && cls > 2) {
			for (; cls > 138; cls -= 138) w(32754);
			if (cls > 2) {
				w(cls > 10 ? cls - 11 << 5 | 28690 : cls - 3 << 5 | 12305);
				cls = 0;
			}
		} else if (cls > 3) {
			w(cln), --cls;
			for (; cls > 6; cls -= 6) w(8304);
			if (cls > 2) w(cls - 3 << 5 | 8208), cls = 0;
		}
		while (cls--) w(cln);
		cls = 1;
		cln = c[i];
	}
	return {
		c: cl.subarray(0, cli),
		n: s
	};
};
var clen = function(cf, cl) {
	var l = 0;
	for (var i = 0; i < cl.length; ++i) l += cf[i] * cl[i];
	return l;
};
var wfblk = function(out, pos, dat) {
	var s = dat.length;
	var o = shft(pos + 2);
	out[o] = s & 255;
	out[o + 1] = s >> 8;
	out[o + 2] = out[o] ^ 255;
	out[o + 3] = out[o + 1] ^ 255;
	for (var i = 0; i < s; ++i) out[o + i + 4] = dat[i];
	return (o + 4 + s) * 8;
};
var wblk = function(dat, out, final, syms, lf, df, eb, li, bs, bl, p) {
	wbits(out, p++, final);
	++lf[256];
	var _a = hTree(lf, 15), dlt = _a.t, mlb = _a.l;
	var _b = hTree(df, 15), ddt = _b.t, mdb = _b.l;
	var _c = lc(dlt), lclt = _c.c, nlc = _c.n;
	var _d = lc(ddt), lcdt = _d.c, ndc = _d.n;
	var lcfreq = new u16(19);
	for (var i = 0; i < lclt.length; ++i) ++lcfreq[lclt[i] & 31];
	for (var i = 0; i < lcdt.length; ++i) ++lcfreq[lcdt[i] & 31];
	var _e = hTree(lcfreq, 7), lct = _e.t, mlcb = _e.l;
	var nlcc = 19;
	for (; nlcc > 4 && !lct[clim[nlcc - 1]]; --nlcc);
	var flen = bl + 5 << 3;
	var ftlen = clen(lf, flt) + clen(df, fdt) + eb;
	var dtlen = clen(lf, dlt) + clen(df, ddt) + eb + 14 + 3 * nlcc + clen(lcfreq, lct) + 2 * lcfreq[16] + 3 * lcfreq[17] + 7 * lcfreq[18];
	if (bs >= 0 && flen <= ftlen && flen <= dtlen) return wfblk(out, p, dat.subarray(bs, bs + bl));
	var lm, ll, dm, dl;
	wbits(out, p, 1 + (dtlen < ftlen)), p += 2;
	if (dtlen < ftlen) {
		lm = hMap(dlt, mlb, 0), ll = dlt, dm = hMap(ddt, mdb, 0), dl = ddt;
		var llm = hMap(lct, mlcb, 0);
		wbits(out, p, nlc - 257);
		wbits(out, p + 5, ndc - 1);
		wbits(out, p + 10, nlcc - 4);
		p += 14;
		for (var i = 0; i < nlcc; ++i) wbits(out, p + 3 * i, lct[clim[i]]);
		p += 3 * nlcc;
		var lcts = [lclt, lcdt];
		for (var it = 0; it < 2; ++it) {
			var clct = lcts[it];
			for (var i = 0; i < clct.length; ++i) {
				var len = clct[i] & 31;
				wbits(out, p, llm[len]), p += lct[len];
				if (len > 15) wbits(out, p, clct[i] >> 5 & 127), p += clct[i] >> 12;
			}
		}
	} else lm = flm, ll = flt, dm = fdm, dl = fdt;
	for (var i = 0; i < li; ++i) {
		var sym = syms[i];
		if (sym > 255) {
			var len = sym >> 18 & 31;
			wbits16(out, p, lm[len + 257]), p += ll[len + 257];
			if (len > 7) wbits(out, p, sym >> 23 & 31), p += fleb[len];
			var dst = sym & 31;
			wbits16(out, p, dm[dst]), p += dl[dst];
			if (dst > 3) wbits16(out, p, sym >> 5 & 8191), p += fdeb[dst];
		} else wbits16(out, p, lm[sym]), p += ll[sym];
	}
	wbits16(out, p, lm[256]);
	return p + ll[256];
};
var deo = /*#__PURE__*/ new i32([
	65540,
	131080,
	131088,
	131104,
	262176,
	1048704,
	1048832,
	2114560,
	2117632
]);
var et = /*#__PURE__*/ new u8(0);
var dflt = function(dat, lvl, plvl, pre, post, st) {
	var s = st.z || dat.length;
	var o = new u8(pre + s + 5 * (1 + Math.ceil(s / 7e3)) + post);
	var w = o.subarray(pre, o.length - post);
	var lst = st.l;
	var pos = (st.r || 0) & 7;
	if (lvl) {
		if (pos) w[0] = st.r >> 3;
		var opt = deo[lvl - 1];
		var n = opt >> 13, c = opt & 8191;
		var msk_1 = (1 << plvl) - 1;
		var prev = st.p || new u16(32768), head = st.h || new u16(msk_1 + 1);
		var bs1_1 = Math.ceil(plvl / 3), bs2_1 = 2 * bs1_1;
		var hsh = function(i) {
			return (dat[i] ^ dat[i + 1] << bs1_1 ^ dat[i + 2] << bs2_1) & msk_1;
		};
		var syms = new i32(25e3);
		var lf = new u16(288), df = new u16(32);
		var lc_1 = 0, eb = 0, i = st.i || 0, li = 0, wi = st.w || 0, bs = 0;
		for (; i + 2 < s; ++i) {
			var hv = hsh(i);
			var imod = i & 32767, pimod = head[hv];
			prev[imod] = pimod;
			head[hv] = imod;
			if (wi <= i) {
				var rem = s - i;
				if ((lc_1 > 7e3 || li > 24576) && (rem > 423 || !lst)) {
					pos = wblk(dat, w, 0, syms, lf, df, eb, li, bs, i - bs, pos);
					li = lc_1 = eb = 0, bs = i;
					for (var j = 0; j < 286; ++j) lf[j] = 0;
					for (var j = 0; j < 30; ++j) df[j] = 0;
				}
				var l = 2, d = 0, ch_1 = c, dif = imod - pimod & 32767;
				if (rem > 2 && hv == hsh(i - dif)) {
					var maxn = Math.min(n, rem) - 1;
					var maxd = Math.min(32767, i);
					var ml = Math.min(258, rem);
					while (dif <= maxd && --ch_1 && imod != pimod) {
						if (dat[i + l] == dat[i + l - dif]) {
							var nl = 0;
							for (; nl < ml && dat[i + nl] == dat[i + nl - dif]; ++nl);
							if (nl > l) {
								l = nl, d = dif;
								if (nl > maxn) break;
								var mmd = Math.min(dif, nl - 2);
								var md = 0;
								for (var j = 0; j < mmd; ++j) {
									var ti = i - dif + j & 32767;
									var cd = ti - prev[ti] & 32767;
									if (cd > md) md = cd, pimod = ti;
								}
							}
						}
						imod = pimod, pimod = prev[imod];
						dif += imod - pimod & 32767;
					}
				}
				if (d) {
					syms[li++] = 268435456 | revfl[l] << 18 | revfd[d];
					var lin = revfl[l] & 31, din = revfd[d] & 31;
					eb += fleb[lin] + fdeb[din];
					++lf[257 + lin];
					++df[din];
					wi = i + l;
					++lc_1;
				} else {
					syms[li++] = dat[i];
					++lf[dat[i]];
				}
			}
		}
		for (i = Math.max(i, wi); i < s; ++i) {
			syms[li++] = dat[i];
			++lf[dat[i]];
		}
		pos = wblk(dat, w, lst, syms, lf, df, eb, li, bs, i - bs, pos);
		if (!lst) {
			st.r = pos & 7 | w[pos / 8 | 0] << 3;
			pos -= 7;
			st.h = head, st.p = prev, st.i = i, st.w = wi;
		}
	} else {
		for (var i = st.w || 0; i < s + lst; i += 65535) {
			var e = i + 65535;
			if (e >= s) {
				w[pos / 8 | 0] = lst;
				e = s;
			}
			pos = wfblk(w, pos + 1, dat.subarray(i, e));
		}
		st.i = s;
	}
	return slc(o, 0, pre + shft(pos) + post);
};
var crct = /*#__PURE__*/ (function() {
	var t = /* @__PURE__ */ new Int32Array(256);
	for (var i = 0; i < 256; ++i) {
		var c = i, k = 9;
		while (--k) c = (c & 1 && -306674912) ^ c >>> 1;
		t[i] = c;
	}
	return t;
})();
var crc = function() {
	var c = -1;
	return {
		p: function(d) {
			var cr = c;
			for (var i = 0; i < d.length; ++i) cr = crct[cr & 255 ^ d[i]] ^ cr >>> 8;
			c = cr;
		},
		d: function() {
			return ~c;
		}
	};
};
var dopt = function(dat, opt, pre, post, st) {
	if (!st) {
		st = { l: 1 };
		if (opt.dictionary) {
			var dict = opt.dictionary.subarray(-32768);
			var newDat = new u8(dict.length + dat.length);
			newDat.set(dict);
			newDat.set(dat, dict.length);
			dat = newDat;
			st.w = dict.length;
		}
	}
	return dflt(dat, opt.level == null ? 6 : opt.level, opt.mem == null ? st.l ? Math.ceil(Math.max(8, Math.min(13, Math.log(dat.length))) * 1.5) : 20 : 12 + opt.mem, pre, post, st);
};
var wbytes = function(d, b, v) {
	for (; v; ++b) d[b] = v, v >>>= 8;
};
var gzh = function(c, o) {
	var fn = o.filename;
	c[0] = 31, c[1] = 139, c[2] = 8, c[8] = o.level < 2 ? 4 : o.level == 9 ? 2 : 0, c[9] = 3;
	if (o.mtime != 0) wbytes(c, 4, Math.floor(new Date(o.mtime || Date.now()) / 1e3));
	if (fn) {
		c[3] = 8;
		for (var i = 0; i <= fn.length; ++i) c[i + 10] = fn.charCodeAt(i);
	}
};
var gzhl = function(o) {
	return 10 + (o.filename ? o.filename.length + 1 : 0);
};
var Deflate = /* @__PURE__ */ function() {
	function Deflate(opts, cb) {
		if (typeof opts == "function") cb = opts, opts = {};
		this.ondata = cb;
		this.o = opts || {};
		this.s = {
			l: 0,
			i: 32768,
			w: 32768,
			z: 32768
		};
		this.b = new u8(98304);
		if (this.o.dictionary) {
			var dict = this.o.dictionary.subarray(-32768);
			this.b.set(dict, 32768 - dict.length);
			this.s.i = 32768 - dict.length;
		}
	}
	Deflate.prototype.p = function(c, f) {
		this.ondata(dopt(c, this.o, 0, 0, this.s), f);
	};
	Deflate.prototype.push = function(chunk, final) {
		if (!this.ondata) err(5);
		if (this.s.l) err(4);
		var endLen = chunk.length + this.s.z;
		if (endLen > this.b.length) {
			if (endLen > 2 * this.b.length - 32768) {
				var newBuf = new u8(endLen & -32768);
				newBuf.set(this.b.subarray(0, this.s.z));
				this.b = newBuf;
			}
			var split = this.b.length - this.s.z;
			this.b.set(chunk.subarray(0, split), this.s.z);
			this.s.z = this.b.length;
			this.p(this.b, false);
			this.b.set(this.b.subarray(-32768));
			this.b.set(chunk.subarray(split), 32768);
			this.s.z = chunk.length - split + 32768;
			this.s.i = 32766, this.s.w = 32768;
		} else {
			this.b.set(chunk, this.s.z);
			this.s.z += chunk.length;
		}
		this.s.l = final & 1;
		if (this.s.z > this.s.w + 8191 || final) {
			this.p(this.b, final || false);
			this.s.w = this.s.i, this.s.i -= 2;
		}
		if (final) {
			this.s = this.o = {};
			this.b = et;
		}
	};
	Deflate.prototype.flush = function(sync) {
		if (!this.ondata) err(5);
		if (this.s.l) err(4);
		this.p(this.b, false);
		this.s.w = this.s.i, this.s.i -= 2;
		if (sync) {
			var c = new u8(6);
			c[0] = this.s.r >> 3;
			var ep = wfblk(c, this.s.r, et);
			this.s.r = 0;
			this.ondata(c.subarray(0, ep >> 3), false);
		}
	};
	return Deflate;
}();
var Gzip = /* @__PURE__ */ function() {
	function Gzip(opts, cb) {
		this.c = crc();
		this.l = 0;
		this.v = 1;
		Deflate.call(this, opts, cb);
	}
	Gzip.prototype.push = function(chunk, final) {
		this.c.p(chunk);
		this.l += chunk.length;
		Deflate.prototype.push.call(this, chunk, final);
	};
	Gzip.prototype.p = function(c, f) {
		var raw = dopt(c, this.o, this.v && gzhl(this.o), f && 8, this.s);
		if (this.v) gzh(raw, this.o), this.v = 0;
		if (f) wbytes(raw, raw.length - 8, this.c.d()), wbytes(raw, raw.length - 4, this.l);
		this.ondata(raw, f);
	};
	Gzip.prototype.flush = function(sync) {
		Deflate.prototype.flush.call(this, sync);
	};
	return Gzip;
}();
function gzipSync(data, opts) {
	if (!opts) opts = {};
	var c = crc(), l = data.length;
	c.p(data);
	var d = dopt(data, opts, gzhl(opts), 8), s = d.length;
	return gzh(d, opts), wbytes(d, s - 8, c.d()), wbytes(d, s - 4, l), d;
}
var td = typeof TextDecoder != "undefined" && /*#__PURE__*/ new TextDecoder();
var tds = 0;
try {
	td.decode(et, { stream: true });
	tds = 1;
} catch (e) {}

// src/artifact/gzip-stream.ts
const OPTIONS = {
	level: 9,
	mtime: 0
};
const BLOCK_BYTES = 262144;
const HASH_MEMORY = 8;
function gzipAtOnce(size) {
	const whole = new Uint8Array(size);
	let filled = 0;
	return {
		push: (chunk) => {
			whole.set(chunk, filled);
			filled += chunk.byteLength;
			return [];
		},
		end: () => [gzipSync(whole.subarray(0, filled), OPTIONS)]
	};
}
function gzipInBlocks() {
	const ready = [];
	const gzip = new Gzip({
		...OPTIONS,
		mem: HASH_MEMORY
	}, (piece) => void ready.push(piece));
	const block = new Uint8Array(BLOCK_BYTES);
	let filled = 0;
	function compress(isLast) {
		gzip.push(block.subarray(0, filled), isLast);
		filled = 0;
		return ready.splice(0);
	}
	return {
		*push(chunk) {
			for (let taken = 0; taken < chunk.byteLength;) {
				if (filled === BLOCK_BYTES) yield* compress(false);
				const part = chunk.subarray(taken, taken + BLOCK_BYTES - filled);
				block.set(part, filled);
				filled += part.byteLength;
				taken += part.byteLength;
			}
		},
		end: () => compress(true)
	};
}

// src/artifact/tar-header.ts
const blockBytes = 512;
const shortPathBytes = 100;
const usualSize = 1073741823;
const fields$1 = {
	size: {
		at: 124,
		length: 12
	},
	checksum: {
		at: 148,
		length: 8
	}
};
const template = Buffer.alloc(512);
makeHeader({
	path: "",
	size: 0
}).encode(template);
template.fill(0, fields$1.size.at, fields$1.size.at + fields$1.size.length);
template.fill(" ", fields$1.checksum.at, fields$1.checksum.at + fields$1.checksum.length);
const templateSum = sumOf(template);
function formatHeader(file) {
	return hasUsualHeader(file) ? formatUsual(file) : formatAny(file);
}
function sizeOfHeader(file) {
	return hasUsualHeader(file) ? 512 : formatAny(file).byteLength;
}
function hasUsualHeader({ path, size }) {
	return path.length < shortPathBytes && size <= usualSize && /^[ -~]*$/u.test(path);
}
function formatUsual({ path, size }) {
	const block = Buffer.from(template);
	block.write(path, "latin1");
	writeNumber(block, size, fields$1.size);
	writeNumber(block, templateSum + sumOf(block.subarray(0, path.length)) + sumOf(block.subarray(fields$1.size.at, fields$1.size.at + fields$1.size.length)), fields$1.checksum);
	return block;
}
function writeNumber(block, value, { at, length }) {
	block.write(`${value.toString(8).padStart(length - 2, "0")} \0`, at, "latin1");
}
function sumOf(bytes) {
	let sum = 0;
	for (const byte of bytes) sum += byte;
	return sum;
}
function formatAny(file) {
	const block = Buffer.alloc(512);
	return makeHeader(file).encode(block) ? Buffer.concat([new Pax({ path: file.path }).encode(), block]) : block;
}
function makeHeader({ path, size }) {
	return new Header({
		path,
		mode: 420,
		uid: 0,
		gid: 0,
		size,
		mtime: /* @__PURE__ */ new Date(0),
		type: "File",
		uname: "",
		gname: ""
	});
}

// src/artifact/tar-parts.ts
const MAX_FILE_BYTES = 8589934591;
function planTar(files, limits) {
	if (files.length === 0) throw new ArchiveError("ARCHIVE_EMPTY", "artifact would hold no file");
	if (files.length > limits.entries) throw new ArchiveError("ENTRY_LIMIT", `artifact would hold ${files.length} files, more than ${limits.entries}`);
	const sorted = files.map((file) => ({
		file,
		order: Buffer.from(file.path)
	})).sort((a, b) => Buffer.compare(a.order, b.order)).map(({ file }) => file);
	const paths = createArchivePaths();
	let fileBytes = 0;
	for (const { path, size } of sorted) {
		assertSafePath(path);
		paths.addFile(path);
		if (!Number.isSafeInteger(size) || size < 0) throw new InputError("INPUT_INVALID", `${path} can not have ${size} bytes`);
		fileBytes += size;
		if (size > Math.min(limits.fileBytes, MAX_FILE_BYTES) || fileBytes > limits.totalBytes) throw new ArchiveError("ARCHIVE_TOO_LARGE", `${path} makes the artifact larger than its limits`, { details: {
			fileBytes: limits.fileBytes,
			totalBytes: limits.totalBytes
		} });
	}
	return {
		files: sorted,
		fileBytes
	};
}
function* tarParts({ files }) {
	for (const file of files) {
		yield formatHeader(file);
		yield file;
		yield Buffer.alloc(paddingOf(file.size));
	}
	yield Buffer.alloc(2 * 512);
}
function sizeOfTar({ files }) {
	let size = 2 * 512;
	for (const file of files) size += sizeOfHeader(file) + file.size + paddingOf(file.size);
	return size;
}
function paddingOf(size) {
	return (512 - size % 512) % 512;
}

// src/artifact/layer-builder.ts
const atOnce = {
	entries: 2e4,
	fileBytes: 16777216
};
function createLayerBuilder(plan, { layerBytes }) {
	const gzip = plan.files.length <= atOnce.entries && plan.fileBytes <= atOnce.fileBytes ? gzipAtOnce(sizeOfTar(plan)) : gzipInBlocks();
	const [tarHash, layerHash] = [startDigest(), startDigest()];
	let size = 0;
	function* passOn(pieces) {
		for (const piece of pieces) {
			size += piece.byteLength;
			if (size > layerBytes) throw new ArchiveError("ARCHIVE_TOO_LARGE", `layer has ${size} bytes or more, more than ${layerBytes}`);
			layerHash.update(piece);
			yield piece;
		}
	}
	return {
		add: (part) => {
			tarHash.update(part);
			return passOn(gzip.push(part));
		},
		end: () => passOn(gzip.end()),
		finish: () => ({
			descriptor: {
				mediaType: mediaTypes.fluxContent,
				digest: finishDigest(layerHash),
				size
			},
			diffId: finishDigest(tarHash)
		})
	};
}

// src/artifact/pack.ts
const joinedBytes = 65536;
function packArtifact(files, annotations, limits = packLimits) {
	const plan = planTar(files.map(({ path, bytes }) => ({
		path,
		bytes,
		size: bytes.byteLength
	})), limits);
	const builder = createLayerBuilder(plan, limits);
	const pieces = [];
	for (const part of joinParts(tarParts(plan))) pieces.push(...builder.add(part));
	pieces.push(...builder.end());
	const built = builder.finish();
	return {
		...formatArtifact(built, annotations),
		layer: {
			descriptor: built.descriptor,
			bytes: Buffer.concat(pieces)
		},
		tar: {
			digest: built.diffId,
			size: sizeOfTar(plan)
		}
	};
}
function* joinParts(parts) {
	const buffer = Buffer.alloc(joinedBytes);
	let filled = 0;
	for (const part of parts) {
		const bytes = part instanceof Uint8Array ? part : part.bytes;
		if (filled + bytes.byteLength > joinedBytes) {
			yield buffer.subarray(0, filled);
			filled = 0;
		}
		if (bytes.byteLength > joinedBytes) yield bytes;
		else {
			buffer.set(bytes, filled);
			filled += bytes.byteLength;
		}
	}
	yield buffer.subarray(0, filled);
}
function formatArtifact({ descriptor, diffId }, annotations) {
	const config = formatConfig(diffId);
	return {
		manifest: formatManifest({
			config: config.descriptor,
			layers: [descriptor],
			...Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }
		}),
		config
	};
}
function formatConfig(diffId) {
	const text = JSON.stringify({
		architecture: "",
		os: "",
		config: {},
		rootfs: {
			type: "layers",
			diff_ids: [diffId]
		}
	});
	const bytes = new TextEncoder().encode(text);
	return {
		descriptor: describe(mediaTypes.fluxConfig, bytes),
		bytes
	};
}

// src/resources/plaintext-secrets.ts
const dataFields = /* @__PURE__ */ new Set(["data", "stringData"]);
const encrypted = /^ENC\[[A-Z0-9_]+,data:[A-Za-z0-9+/=]*,iv:[A-Za-z0-9+/=]+,tag:[A-Za-z0-9+/=]+,type:[a-z]+\]$/u;
const hint = "Publish a SealedSecret or an ExternalSecret instead, or make the Secret at the site. What sops has encrypted passes, but only for a consumer that decrypts it: Flux, or a Delivery with spec.decryption. To allow it: --allow-plaintext-secrets of the command, secrets: allow of the action.";
function refusePlaintextSecrets(files, resources, sealedMembers) {
	const [first, ...rest] = findPlaintextSecrets(files, resources, sealedMembers);
	if (first === void 0) return;
	const count = rest.length + 1;
	throw new FailuresError([first, ...rest], `${count} Secret${count === 1 ? "" : "s"} in plain text`);
}
function findPlaintextSecrets(files, resources, sealedMembers) {
	const found = resources.filter(({ resource }) => isSecret(resource)).flatMap(({ resource, location }) => {
		const [first, ...others] = plaintextFields(resource, sealedMembers(resource));
		return first === void 0 ? [] : [{
			resource,
			location,
			path: first,
			more: others.length
		}];
	}).slice(0, resourceLimits.problems);
	return files.flatMap(({ path: file, bytes }) => {
		const here = found.filter(({ location }) => location.file === file);
		if (here.length === 0) return [];
		const places = locateFields(file, bytes, here);
		return here.map(({ resource, location, path, more }, index) => {
			const rest = more === 0 ? "" : ` and ${more} more`;
			const message = `${formatIdentity(identityOf(resource))} has plain text in ${path.join(".")}${rest}`;
			return new ResourceError("SECRET_PLAINTEXT", message, places[index] ?? location, { hint });
		});
	});
}
function plaintextFields(resource, sealed) {
	const isSealed = hasSopsMac(resource);
	const fields = valueFieldsOf(resource).flatMap((field) => {
		const values = resource[field];
		if (isEmpty(values)) return [];
		if (!isMap$2(values) || !dataFields.has(field)) return [[field]];
		const passed = field === "data" ? sealed : /* @__PURE__ */ new Set();
		return Object.entries(values).filter(([key]) => !passed.has(key)).filter(([, value]) => !isEmpty(value) && !(isSealed && isEncrypted(value)) && !isVariable(value)).map(([key]) => [field, key]);
	});
	const annotations = objectAnnotationsOf(resource).filter((key) => !isEmpty(resource.metadata.annotations?.[key])).map((key) => [
		"metadata",
		"annotations",
		key
	]);
	return [...fields, ...annotations];
}
function hasSopsMac(resource) {
	const sops = resource["sops"];
	return isMap$2(sops) && isEncrypted(sops["mac"]);
}
function isEncrypted(value) {
	return typeof value === "string" && encrypted.test(value);
}
function isVariable(value) {
	return typeof value === "string" && /^(?:\$\{[A-Za-z_][A-Za-z0-9_]*\})+$/u.test(value);
}
function isEmpty(value) {
	return value === void 0 || value === null || value === "";
}
function isMap$2(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/signing/attach.ts
async function attachBundle(store, subject, bundle, signal) {
	const layer = {
		descriptor: describe(mediaTypes.sigstoreBundle, bundle.bytes),
		bytes: bundle.bytes
	};
	const manifest = formatManifest({
		artifactType: mediaTypes.sigstoreBundle,
		config: emptyDescriptor,
		layers: [layer.descriptor],
		subject: {
			mediaType: subject.mediaType,
			digest: subject.digest,
			size: subject.size
		},
		annotations: {
			"dev.sigstore.bundle.content": "dsse-envelope",
			"dev.sigstore.bundle.predicateType": bundle.predicateType,
			"org.opencontainers.image.created": bundle.created
		}
	});
	await store.push({
		descriptor: emptyDescriptor,
		bytes: emptyContent
	}, signal);
	await store.push(layer, signal);
	await store.push(manifest, signal);
	return manifest;
}
async function fetchBundle(source, digest, signal) {
	const { layers } = parseManifest((await source.resolve(digest, signal)).bytes);
	const layer = layers.find(({ mediaType }) => mediaType === mediaTypes.sigstoreBundle);
	if (layer === void 0) throw new ContentError("MANIFEST_INVALID", `${digest} has no bundle`);
	return Buffer.from(await fetchBytes(source, layer, ociLimits.bundleBytes, signal));
}

// src/signing/attach-legacy.ts
const tries = 20;
const settleMs = 150;
async function attachLegacy(store, subject, { payload, annotations }, signal) {
	const tag = legacySignatureTag(subject.digest);
	const layer = {
		descriptor: describe(mediaTypes.simpleSigning, payload),
		bytes: payload
	};
	await store.push(layer, signal);
	const own = {
		...layer.descriptor,
		annotations: { ...annotations }
	};
	for (let attempt = 1; attempt <= tries; attempt += 1) {
		const layers = await readLayers(store, tag, signal);
		if (layers.length >= signingLimits.legacySignatures) throw new VerificationError("CANDIDATE_LIMIT", `tag ${tag} has ${layers.length} signatures`, [], { hint: "Remove those that are no longer needed, or sign with --signature-format bundle." });
		const isOwn = (found) => signatureOf(found) === signatureOf(own) && found.digest === own.digest;
		const written = layers.some(isOwn) ? void 0 : await writeLayers(store, tag, [...layers, own], signal);
		await setTimeout$1(settleMs + randomInt(settleMs * attempt), void 0, signal === void 0 ? {} : { signal });
		const shown = await store.resolve(tag, signal);
		if (parseManifest(shown.bytes).layers.some(isOwn)) return written ?? shown;
	}
	throw new VerificationError("SIGNATURE_MISSING", `tag ${tag} was written, and lacks the signature`, [], {
		retryable: true,
		hint: "Somebody else writes it at the same time; run `sealift sign` once they have ended."
	});
}
function signatureOf({ annotations }) {
	return annotations?.[legacyAnnotations.signature];
}
async function readLayers(store, tag, signal) {
	let content;
	try {
		content = await store.resolve(tag, signal);
	} catch (error) {
		if (error instanceof ContentError && error.code === "CONTENT_MISSING") return [];
		throw error;
	}
	return parseManifest(content.bytes).layers;
}
async function writeLayers(store, tag, layers, signal) {
	const bytes = Buffer.from(JSON.stringify(configOf(layers)));
	const config = {
		descriptor: describe(mediaTypes.imageConfig, bytes),
		bytes
	};
	const manifest = formatManifest({
		config: config.descriptor,
		layers: [...layers]
	});
	await store.push(config, signal);
	await store.push(manifest, signal);
	await store.tag(manifest, tag, signal);
	return manifest;
}
function configOf(layers) {
	const created = "0001-01-01T00:00:00Z";
	return {
		architecture: "",
		created,
		history: layers.map(() => ({ created })),
		os: "",
		rootfs: {
			type: "layers",
			diff_ids: layers.map(({ digest }) => digest)
		},
		config: {}
	};
}

// src/signing/own-signatures.ts
async function ownSearch(signer, signal) {
	const authorities = await ownAuthorities(signer, signal);
	if (authorities === void 0) return void 0;
	return (candidates, predicateType, format) => searchStatements({
		...candidates,
		found: candidates.found.filter((found) => found.format === format)
	}, predicateType, [authorities[format]]);
}
async function ownAuthorities(signer, signal, name = "signer") {
	if (signer.kind === "key") {
		const authority = {
			name,
			key: signer.verifyKey
		};
		return {
			bundle: authority,
			legacy: authority
		};
	}
	const { root, logEntryCounts } = signer;
	if (root === void 0) return void 0;
	const { issuer, subject } = await signer.identity(signal);
	const authorityOf = (format) => ({
		name,
		keyless: {
			issuer,
			subject: parseSubject(subject, void 0),
			claims: {},
			root,
			logThreshold: root.hasLogs ? Math.min(logEntryCounts[format], signingLimits.logEntries) : 0,
			timestampThreshold: 1
		}
	});
	return {
		bundle: authorityOf("bundle"),
		legacy: authorityOf("legacy")
	};
}

// src/signing/pem.ts
function formatCertificate(der) {
	return `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64").replaceAll(/.{64}/gu, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;
}

// src/signing/sign-legacy.ts
async function signLegacy(signer, subject, repository, signal) {
	const payload = formatLegacyPayload(subject, repository);
	if (signer.kind === "key") {
		const signature = Buffer.from(await signer.sign(payload, signal)).toString("base64");
		return {
			payload,
			annotations: { [legacyAnnotations.signature]: signature }
		};
	}
	return {
		payload,
		annotations: certifiedAnnotations(await signer.sign({
			kind: "blob",
			bytes: payload
		}, signal))
	};
}
function certifiedAnnotations(signed) {
	const { signature, certificate, chain, timestamps, logEntries } = signed;
	const [timestamp] = timestamps;
	const [entry] = logEntries;
	return {
		[legacyAnnotations.signature]: signature.toString("base64"),
		[legacyAnnotations.certificate]: formatCertificate(certificate),
		...chain.length === 0 ? {} : { [legacyAnnotations.chain]: chain.map(formatCertificate).join("") },
		...timestamp === void 0 ? {} : { [legacyAnnotations.timestamp]: JSON.stringify({ SignedRFC3161Timestamp: timestamp.toString("base64") }) },
		...entry === void 0 ? {} : { [legacyAnnotations.logEntry]: formatLogEntry(entry) }
	};
}
function formatLogEntry(entry) {
	if (entry.inclusionPromise === void 0) throw new SigningError("LOG_ENTRY_FAILED", "transparency log gave an entry without a promise");
	return JSON.stringify({
		SignedEntryTimestamp: Buffer.from(entry.inclusionPromise.signedEntryTimestamp).toString("base64"),
		Payload: {
			body: Buffer.from(entry.canonicalizedBody).toString("base64"),
			integratedTime: Number(entry.integratedTime),
			logIndex: Number(entry.logIndex),
			logID: Buffer.from(entry.logId.keyId).toString("hex")
		}
	});
}

// src/signing/sign-statement.ts
var import_dist$1 = require_dist();
var import_dist$2 = require_dist$1();
async function signStatement(signer, statement, signal) {
	const payload = Buffer.from(statement);
	const bundle = signer.kind === "key" ? await signWithKey(signer, payload, signal) : await signWithCertificate(signer, payload, signal);
	for (const signature of bundle.content.dsseEnvelope.signatures) signature.keyid = "";
	return Buffer.from(JSON.stringify((0, import_dist$1.bundleToJSON)(bundle)));
}
async function signWithKey(signer, payload, signal) {
	const signature = await signer.sign(import_dist$2.dsse.preAuthEncoding(payloadType, payload), signal);
	return (0, import_dist$1.toDSSEBundle)({
		artifact: payload,
		artifactType: payloadType,
		signature: Buffer.from(signature),
		keyHint: signer.verifyKey.hint
	});
}
async function signWithCertificate(signer, payload, signal) {
	const signed = await signer.sign({
		kind: "envelope",
		payload
	}, signal);
	const bundle = (0, import_dist$1.toDSSEBundle)({
		artifact: payload,
		artifactType: payloadType,
		signature: Buffer.from(signed.signature),
		certificate: Buffer.from(signed.certificate)
	});
	return {
		...bundle,
		verificationMaterial: {
			...bundle.verificationMaterial,
			tlogEntries: [...signed.logEntries],
			timestampVerificationData: { rfc3161Timestamps: signed.timestamps.map((bytes) => ({ signedTimestamp: Buffer.from(bytes) })) }
		}
	};
}

// src/operations/sign.ts
async function ensureSigned(store, subject, request, ports) {
	const { signal } = ports;
	const wanted = wantedOf(subject.digest, request);
	const search = await ownSearch(request.signer, signal);
	const candidates = await findCandidates(store, subject, signal);
	const signed = [];
	for (const one of wanted) {
		const { format, predicateType } = one;
		const present = search === void 0 ? void 0 : findOwn(search, candidates, one);
		const digest = present ?? await attach(store, subject, {
			...request,
			...one
		}, ports);
		ports.log(`${nameOf$1(one)} ${present === void 0 ? "added" : "is there already"}`);
		signed.push({
			format,
			predicateType,
			digest,
			isNew: present === void 0
		});
	}
	if (signed.some(({ isNew }) => isNew)) {
		await readBack$1(store, subject, {
			wanted,
			signed,
			search
		}, signal);
		if (search === void 0) ports.log("no trusted root is given: what was added is there, and nobody has verified its certificate");
	}
	return signed;
}
function wantedOf(digest, request) {
	const { formats = ["bundle"], attestations = [] } = request;
	const payload = formatStatement(digest, signaturePredicateType, {});
	return [...[...new Set(formats)].map((format) => ({
		format,
		predicateType: signaturePredicateType,
		payload,
		isOnce: true
	})), ...attestations.map(({ predicateType, predicate, isOncePerArtifact = false }) => ({
		format: "bundle",
		predicateType: parsePredicateType(predicateType),
		payload: parsePayload(formatStatement(digest, predicateType, predicate)),
		isOnce: isOncePerArtifact
	}))];
}
function parsePredicateType(text) {
	if (!/^[a-z][a-z0-9+.-]*:[!-~]{1,900}$/u.test(text)) throw new InputError("INPUT_INVALID", `predicate type ${JSON.stringify(text.slice(0, 100))} is no URI`);
	if (text === "https://sigstore.dev/cosign/sign/v1" || text === "https://sealift.dev/promotion/v1") throw new InputError("INPUT_INVALID", `predicate type ${text} is no attestation`, { hint: "Sign with `sealift sign`, and promote with `sealift promote`." });
	return text;
}
function parsePayload(payload) {
	if (payload.byteLength <= signingLimits.predicateBytes) return payload;
	throw new InputError("INPUT_INVALID", `attestation has ${payload.byteLength} bytes, more than ${signingLimits.predicateBytes}`, { hint: "A puller reads only small ones; put a hash of the large document into the predicate." });
}
function findOwn(search, candidates, { format, predicateType, payload, isOnce }) {
	return search(candidates, predicateType, format).accepted.find((own) => isOnce || Buffer.compare(own.payload, payload) === 0)?.candidate;
}
async function attach(store, subject, { signer, repository, format, predicateType, payload }, ports) {
	const { signal } = ports;
	if (format === "legacy") {
		if (repository === void 0) throw new InputError("INPUT_MISSING", "legacy signatures need the name of the repository");
		const layer = await signLegacy(signer, subject.digest, repository, signal);
		return (await attachLegacy(store, subject, layer, signal)).descriptor.digest;
	}
	const bytes = await signStatement(signer, payload, signal);
	if (bytes.byteLength > ociLimits.bundleBytes) throw new InputError("INPUT_INVALID", `bundle has ${bytes.byteLength} bytes, more than ${ociLimits.bundleBytes}`);
	const bundle = {
		bytes,
		predicateType,
		created: formatTime(ports.now())
	};
	return (await attachBundle(store, subject, bundle, signal)).descriptor.digest;
}
async function readBack$1(store, subject, { wanted, signed, search }, signal) {
	const candidates = await findCandidates(store, subject, signal);
	for (const [index, one] of wanted.entries()) {
		const digest = signed[index]?.digest;
		if (search === void 0) {
			if (!candidates.found.some((found) => found.digest === digest || one.format === "legacy" && found.format === "legacy")) throw notListed(subject, one, digest);
		} else if (findOwn(search, candidates, one) === void 0) {
			const found = search(candidates, one.predicateType, one.format);
			throw !candidates.found.some((other) => one.format === "bundle" && other.digest === digest) && found.unreadable.length === 0 ? notListed(subject, one, digest) : missingSignatureError(nameOf$1(one), subject, found);
		}
	}
}
function notListed(subject, one, digest) {
	return new VerificationError("SIGNATURE_MISSING", `${nameOf$1(one)} ${digest ?? ""} was attached to ${subject.digest}, but the registry does not list it`, [], {
		retryable: true,
		hint: "Somebody else may have written at the same time; run it again."
	});
}
function nameOf$1({ format, predicateType }) {
	if (predicateType !== "https://sigstore.dev/cosign/sign/v1") return `attestation ${predicateType}`;
	return format === "legacy" ? "legacy signature" : "signature";
}

// src/schema/built-in.ts
function decodeBuiltIn(data) {
	return JSON.parse(brotliDecompressSync(Buffer.from(data, "base64")).toString("utf8"));
}
async function loadBuiltIn() {
	const { builtInData } = await import("./built-in-data.js");
	return decodeBuiltIn(builtInData);
}
function builtInKind(schemas, apiVersion, kind) {
	const key = `${apiVersion}/${kind}`;
	const name = Object.hasOwn(schemas.kinds, key) ? schemas.kinds[key] : void 0;
	return name === void 0 ? void 0 : {
		root: { ref: name },
		isBuiltIn: true,
		hasStatusSubresource: true
	};
}

// src/schema/run.ts
var CheckLimitError = class extends Error {};
function createBudget() {
	return { left: schemaLimits.steps };
}
function spend(budget, steps) {
	budget.left -= steps;
	if (budget.left < 0) throw new CheckLimitError(`objects and schemas take more than ${schemaLimits.steps} steps`);
}
function isFull(run) {
	return run.problems.length >= resourceLimits.problems;
}
function report(run, place, problem) {
	if (!isFull(run)) run.problems.push({
		...problem,
		path: pathOf(place)
	});
}
function pathOf(place) {
	const path = [];
	for (let here = place; here !== void 0; here = here.parent) path.push(here.step);
	return path.toReversed();
}

// src/schema/node.ts
function formatPath(path) {
	return path.reduce((text, step) => {
		if (/^\d+$/u.test(step)) return `${text}[${step}]`;
		const shown = step.length > 100 ? `${step.slice(0, 100)}\u2026` : step;
		if (!/^[A-Za-z_$][\w$-]*$/u.test(step)) return `${text}[${JSON.stringify(shown)}]`;
		return text === "" ? shown : `${text}.${shown}`;
	}, "");
}
function isMap$1(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/schema/lists.ts
function checkList(run, { node, place }, { list, check }) {
	const { minItems = 0, maxItems = 1e400, items } = node;
	const found = `${list.length} items`;
	if (list.length < minItems) report(run, place, {
		code: "FIELD_INVALID",
		expected: `at least ${minItems} items`,
		found
	});
	if (list.length > maxItems) report(run, place, {
		code: "FIELD_INVALID",
		expected: `at most ${maxItems} items`,
		found
	});
	if (items !== void 0) for (const [index, value] of list.entries()) check(run, {
		value,
		node: items,
		place: {
			parent: place,
			step: `${index}`
		}
	});
	const by = node.uniqueBy ?? (node.uniqueItems === true ? [] : void 0);
	if (by !== void 0 && !run.isBuiltIn) checkUnique$1(run, {
		node,
		place,
		value: list
	}, {
		list,
		by
	});
}
function checkUnique$1(run, { place }, { list, by }) {
	const seen = /* @__PURE__ */ new Set();
	for (const [index, item] of list.entries()) {
		const text = canonical(by.length > 0 && isMap$1(item) ? by.map((key) => item[key] ?? null) : item);
		spend(run.budget, Math.ceil(text.length / 16));
		if (seen.has(text)) {
			const expected = by.length === 0 ? "no item twice" : `no two items of one ${by.join(" and ")}`;
			report(run, {
				parent: place,
				step: `${index}`
			}, {
				code: "FIELD_INVALID",
				expected,
				found: "it twice"
			});
		}
		seen.add(text);
	}
}
function canonical(value) {
	return JSON.stringify(value, (_key, inner) => isMap$1(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => a < b ? -1 : 1)) : inner);
}

// src/resources/text-formats.ts
const time = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[-+]\d{2}:\d{2})$/u;
function isBase64(text) {
	return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(text);
}
function isDate(text) {
	if (!/^\d{4}-\d{2}-\d{2}$/u.test(text)) return false;
	const date = /* @__PURE__ */ new Date(`${text}T00:00:00Z`);
	return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
function isDateTime(text) {
	const [day = "", rest = "", ...more] = text.split(/[Tt]/u, 3);
	return more.length === 0 && isDate(day) && time.test(rest);
}
function isUuid(text) {
	return /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/iu.test(text);
}

// src/schema/scalars.ts
const quantity = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][-+]?\d+)?$/u;
const formats$1 = {
	byte: (text) => isBase64(text.replaceAll(/[\r\n]/gu, "")),
	date: isDate,
	"date-time": isDateTime,
	ipv4: isIPv4,
	ipv6: isIPv6,
	cidr: isCidr,
	uuid: isUuid
};
function isOfType(value, type) {
	switch (type) {
		case "object": return typeof value === "object" && value !== null && !Array.isArray(value);
		case "array": return Array.isArray(value);
		case "integer": return Number.isInteger(value);
		case "int-or-string": return typeof value === "string" || Number.isInteger(value);
		case "quantity": return typeof value === "number" || typeof value === "string" && quantity.test(value.trim());
		case "string":
		case "number":
		case "boolean": return typeof value === type;
		default: return type;
	}
}
function nameType(value) {
	if (value === null) return "null";
	if (Array.isArray(value)) return "a list";
	if (typeof value === "object") return "a map";
	return typeof value === "number" && Number.isInteger(value) ? "an integer" : `a ${typeof value}`;
}
function describeType(type) {
	const words = {
		object: "a map",
		array: "a list",
		integer: "an integer",
		quantity: "a quantity as 500m or 1Gi"
	};
	if (type === "int-or-string") return "an integer or a string";
	return Object.hasOwn(words, type) ? words[type] : `a ${type}`;
}
function numberProblem(value, node) {
	const { minimum = -1e400, maximum = 1e400, multipleOf } = node;
	return [
		[node.format !== "int32" || Math.trunc(value) === (value | 0), "a number of 32 bits"],
		[node.exclusiveMinimum === true ? value > minimum : value >= minimum, boundText(node, "minimum")],
		[node.exclusiveMaximum === true ? value < maximum : value <= maximum, boundText(node, "maximum")],
		[multipleOf === void 0 || isMultiple(value, multipleOf), `a multiple of ${multipleOf}`]
	].find(([holds]) => !holds)?.[1];
}
function boundText(node, bound) {
	if (bound === "minimum") return `${node.exclusiveMinimum === true ? "more than" : "at least"} ${node.minimum}`;
	return `${node.exclusiveMaximum === true ? "less than" : "at most"} ${node.maximum}`;
}
function isMultiple(value, of) {
	const times = value / of;
	return Math.abs(times - Math.round(times)) < 1e-9;
}
function textProblem(value, node) {
	const { format, minLength = 0, maxLength = 1e400 } = node;
	const length = value.length > maxLength || value.length < 2 * minLength ? Array.from(value).length : value.length;
	if (length < minLength) return `at least ${minLength} characters`;
	if (length > maxLength) return `at most ${maxLength} characters`;
	if (format === void 0 || !Object.hasOwn(formats$1, format)) return void 0;
	return formats$1[format]?.(value) === false ? `text of the format ${format}` : void 0;
}
function isCidr(text) {
	const [address = "", bits = "", ...more] = text.split("/");
	if (more.length > 0 || !/^\d{1,3}$/u.test(bits)) return false;
	return isIPv4(address) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128;
}

// src/schema/suggest.ts
const maxLength$3 = 64;
function suggestName(name, names) {
	if (name.length > maxLength$3) return void 0;
	const limit = Math.min(3, Math.floor(name.length / 3));
	const [nearest] = names.slice(0, schemaLimits.suggestions).filter((one) => Math.abs(one.length - name.length) <= limit).map((one) => ({
		one,
		distance: distanceOf(name.toLowerCase(), one.toLowerCase())
	})).filter(({ distance }) => distance <= limit).toSorted((a, b) => a.distance - b.distance);
	return nearest?.one;
}
function distanceOf(from, to) {
	let row = Array.from({ length: to.length + 1 }, (_, index) => index);
	for (const [line, letter] of from.split("").entries()) {
		const next = [line + 1];
		for (const [index, other] of to.split("").entries()) {
			const exchanged = (row[index] ?? 0) + (letter === other ? 0 : 1);
			next.push(Math.min(exchanged, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
		}
		row = next;
	}
	return row[to.length] ?? 0;
}

// src/schema/check.ts
const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
function checkObject(object, { root, isBuiltIn, hasStatusSubresource }, { definitions, budget }) {
	const run = {
		isBuiltIn,
		definitions,
		problems: [],
		isAlternative: false,
		budget
	};
	checkSpot$1(run, {
		value: object,
		node: isBuiltIn ? root : {
			...root,
			isEmbedded: true
		},
		place: void 0
	});
	return run.problems.filter(({ path, code, found }) => path[0] !== "status" || code === "FIELD_UNKNOWN" || (isBuiltIn ? found !== nothing : !hasStatusSubresource));
}
const nothing = "nothing";
function reportInvalid(run, { value, place }, expected) {
	report(run, place, {
		code: "FIELD_INVALID",
		expected,
		found: nameType(value)
	});
}
function checkSpot$1(run, spot) {
	spend(run.budget, 1);
	const { value } = spot;
	const node = resolve(run, spot.node);
	const here = node === spot.node ? spot : {
		...spot,
		node
	};
	if (value === null) {
		if (!run.isBuiltIn && node.nullable !== true && node.type !== void 0) reportInvalid(run, here, describeType(node.type));
		return;
	}
	if (isFilledIn(value, node)) return;
	if (node.type !== void 0 && !isOfType(value, node.type)) {
		reportInvalid(run, here, describeType(node.type));
		return;
	}
	checkEnum(run, here);
	if (typeof value === "string") checkText$1(run, here, value);
	else if (typeof value === "number") checkNumber$1(run, here, value);
	else if (Array.isArray(value)) checkList(run, here, {
		list: value,
		check: checkSpot$1
	});
	else if (isMap$1(value)) checkMap(run, here, value);
	checkAlternatives(run, here);
}
function isFilledIn(value, { type }) {
	return typeof value === "string" && isTemplate(value) && type !== "object" && type !== "array";
}
function resolve(run, node) {
	if (node.ref === void 0) return node;
	return Object.hasOwn(run.definitions, node.ref) ? run.definitions[node.ref] ?? {} : {};
}
function checkEnum(run, spot) {
	const { node, value } = spot;
	if (node.enum === void 0 || run.isBuiltIn && value === "") return;
	spend(run.budget, node.enum.length);
	const text = JSON.stringify(value);
	if (node.enum.some((one) => one === value || JSON.stringify(one) === text)) return;
	reportInvalid(run, spot, `one of ${node.enum.slice(0, 20).map((one) => JSON.stringify(one).slice(0, 100)).join(", ")}${node.enum.length > 20 ? ", \u2026" : ""}`);
}
function checkText$1(run, spot, value) {
	const { node } = spot;
	const problem = textProblem(value, node);
	if (problem !== void 0) reportInvalid(run, spot, problem);
	if (node.pattern === void 0) return;
	spend(run.budget, value.length * node.pattern.weight);
	if (!node.pattern.test(value)) reportInvalid(run, spot, `text that matches ${node.pattern.text.slice(0, 300)}`);
}
function checkNumber$1(run, spot, value) {
	const problem = numberProblem(value, spot.node);
	if (problem !== void 0) reportInvalid(run, spot, problem);
}
function checkMap(run, spot, map) {
	const { node, place } = spot;
	const keys = Object.keys(map);
	const { minProperties = 0, maxProperties = 1e400 } = node;
	if (keys.length < minProperties) reportInvalid(run, spot, `at least ${minProperties} keys`);
	if (keys.length > maxProperties) reportInvalid(run, spot, `at most ${maxProperties} keys`);
	checkRequired(run, spot, map);
	for (const key of keys) {
		const inner = {
			parent: place,
			step: key
		};
		const child = childOf(run, node, key);
		if (child === "unknown") {
			if (!run.isAlternative) reportUnknown(run, inner, node);
		} else if (child !== "anything" && !isAbsent(run, map[key], child)) checkSpot$1(node.isEmbedded === true && key === "metadata" ? {
			...run,
			isBuiltIn: true
		} : run, {
			value: map[key],
			node: child,
			place: inner
		});
	}
}
function isAbsent(run, value, node) {
	return value === void 0 || value === null && (run.isBuiltIn || node?.nullable !== true);
}
function checkRequired(run, { node, place, base }, map) {
	const required = node.isEmbedded === true ? [.../* @__PURE__ */ new Set([
		"apiVersion",
		"kind",
		...node.required ?? []
	])] : node.required;
	for (const name of required ?? []) {
		const child = memberOf$1(node.properties, name) ?? memberOf$1(base?.properties, name);
		if (Object.hasOwn(map, name) && !isAbsent(run, map[name], child) || child?.default !== void 0) continue;
		const resolved = child && resolve(run, child);
		const expected = resolved?.type === void 0 ? "a value" : describeType(resolved.type);
		report(run, {
			parent: place,
			step: name
		}, {
			code: "FIELD_INVALID",
			expected,
			found: nothing
		});
	}
}
function memberOf$1(properties, name) {
	return properties !== void 0 && Object.hasOwn(properties, name) ? properties[name] : void 0;
}
function childOf(run, node, key) {
	if (node.isEmbedded === true && (key === "apiVersion" || key === "kind")) return { type: "string" };
	if (node.isEmbedded === true && key === "metadata") return run.isAlternative ? "anything" : { ref: objectMeta };
	const known = memberOf$1(node.properties, key);
	if (known !== void 0) return known;
	const { additionalProperties } = node;
	if (additionalProperties === true || node.preservesUnknown === true) return "anything";
	if (additionalProperties !== void 0) return additionalProperties;
	return run.isBuiltIn && node.properties === void 0 ? "anything" : "unknown";
}
function reportUnknown(run, place, node) {
	if (isFull(run)) return;
	const names = Object.keys(node.properties ?? {});
	const near = suggestName(place.step, names);
	const expected = near === void 0 ? "no such field" : `no such field; is it ${near}?`;
	report(run, place, {
		code: "FIELD_UNKNOWN",
		expected,
		found: "a field that the schema does not have"
	});
}
function checkAlternatives(run, spot) {
	const { allOf, anyOf, oneOf, not } = spot.node;
	for (const problem of (allOf ?? []).flatMap((node) => problemsWith(run, spot, node))) if (!isFull(run)) run.problems.push(problem);
	const fitting = (nodes) => nodes.filter((node) => problemsWith(run, spot, node).length === 0).length;
	if (anyOf !== void 0 && fitting(anyOf) === 0) reportInvalid(run, spot, "one of the forms of anyOf");
	if (oneOf !== void 0 && fitting(oneOf) !== 1) reportInvalid(run, spot, "exactly one of the forms of oneOf");
	if (not !== void 0 && fitting([not]) > 0) reportInvalid(run, spot, "a value that is not of the form of not");
}
function problemsWith(run, spot, node) {
	const inner = {
		...run,
		isAlternative: true,
		problems: []
	};
	checkSpot$1(inner, {
		...spot,
		node,
		base: spot.node
	});
	return inner.problems;
}

// src/schema/kinds/fields.ts
function fieldOf(value, problems, path = []) {
	return {
		value,
		path,
		problems,
		refuse: (expected, found = nameOf(value)) => {
			if (problems.length < resourceLimits.problems) problems.push({
				code: "FIELD_INVALID",
				path,
				expected,
				found
			});
		}
	};
}
function nameOf(value) {
	if (value === void 0 || value === null) return "nothing";
	return Array.isArray(value) ? `${value.length} items` : nameType(value);
}
function step$1({ path, problems }, value, name) {
	return fieldOf(value, problems, [...path, name]);
}
function below(field, ...names) {
	return names.reduce((here, name) => {
		const { value } = here;
		return step$1(here, isMap$1(value) && Object.hasOwn(value, name) ? value[name] : void 0, name);
	}, field);
}
function itemsOf(field) {
	const { value } = field;
	return Array.isArray(value) ? value.map((one, index) => step$1(field, one, `${index}`)) : [];
}
function entriesOf(field) {
	const { value } = field;
	return isMap$1(value) ? Object.entries(value).map(([key, one]) => [key, step$1(field, one, key)]) : [];
}
function isThere({ value }) {
	return value !== void 0 && value !== null;
}
function textOf({ value }) {
	return typeof value === "string" ? value : "";
}
function numberOf$1({ value }) {
	return typeof value === "number" ? value : void 0;
}
function sizeOf({ value }) {
	if (Array.isArray(value)) return value.length;
	return isMap$1(value) ? Object.keys(value).length : 0;
}
function requireText(field, expected = "a text that is not empty") {
	if (textOf(field) === "") field.refuse(expected, "nothing");
}
function checkText(field, isOfForm, expected) {
	const text = textOf(field);
	if (text !== "" && !isTemplate(text) && !isOfForm(text)) field.refuse(expected);
}
function checkNumber(field, least, most = 1e400) {
	const number = numberOf$1(field);
	if (number === void 0 || number >= least && number <= most) return;
	field.refuse(most === 1e400 ? `at least ${least}` : `a number from ${least} to ${most}`, "another number");
}
function checkOneOf(field, values) {
	checkText(field, (text) => values.includes(text), `one of ${values.join(", ")}`);
}
function checkUnique(fields, keyOf, what) {
	const seen = /* @__PURE__ */ new Set();
	for (const field of fields) {
		const key = keyOf(field);
		if (key !== "" && seen.has(key)) field.refuse(`${what} that no other has`, "it twice");
		seen.add(key);
	}
}
function checkMembers(field, names, least = 1) {
	const { value } = field;
	if (!isMap$1(value)) return;
	const there = Object.keys(value).filter((name) => (names === void 0 || names.includes(name)) && isThere(below(field, name)));
	const words = names === void 0 ? "one kind of source" : `one of ${names.join(", ")}`;
	if (there.length > 1) field.refuse(`only ${words}`, there.join(" and "));
	if (there.length < least) field.refuse(words, "none");
}

// src/schema/kinds/access.ts
const group = "rbac.authorization.k8s.io";
function checkRole(object) {
	for (const rule of itemsOf(below(object, "rules"))) {
		const urls = below(rule, "nonResourceURLs");
		const required = ["verbs", ...sizeOf(urls) > 0 ? [] : ["apiGroups", "resources"]];
		for (const name of required) {
			const field = below(rule, name);
			if (sizeOf(field) === 0) field.refuse("one at least", "nothing");
		}
		if (sizeOf(urls) > 0 && textOf(below(object, "kind")) === "Role") urls.refuse("nothing in a Role");
	}
}
function checkBinding(object) {
	const role = below(object, "roleRef");
	const isOfNamespace = textOf(below(object, "kind")) === "RoleBinding";
	checkOneOf(below(role, "apiGroup"), [group]);
	checkOneOf(below(role, "kind"), isOfNamespace ? ["Role", "ClusterRole"] : ["ClusterRole"]);
	requireText(below(role, "name"), "a name of a role");
	for (const subject of itemsOf(below(object, "subjects"))) {
		const kind = below(subject, "kind");
		checkOneOf(kind, [
			"ServiceAccount",
			"User",
			"Group"
		]);
		requireText(below(subject, "name"), "a name");
		if (textOf(kind) === "ServiceAccount" && !isOfNamespace) requireText(below(subject, "namespace"), "a namespace");
	}
}

// src/resources/names.ts
const subdomainLength = 253;
const labelForm$1 = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/u;
const startingWithLetter = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/u;
const subdomainForm$1 = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/u;
const labelValueForm = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/u;
function isDnsLabel(text) {
	return labelForm$1.test(text);
}
function isDns1035Label(text) {
	return startingWithLetter.test(text);
}
function isDnsSubdomain(text) {
	return text.length <= subdomainLength && subdomainForm$1.test(text);
}
function isLabelValue(text) {
	return labelValueForm.test(text);
}
function isQualifiedName(text) {
	const [name = "", prefix, ...more] = text.split("/").toReversed();
	const hasPrefix = prefix === void 0 || isDnsSubdomain(prefix);
	return more.length === 0 && name !== "" && isLabelValue(name) && hasPrefix;
}
function isPortName(text) {
	return text.length <= 15 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(text) && /[a-z]/u.test(text);
}

// src/resources/quantity.ts
const nanosOfOne = 1000000000n;
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,2})?$/u;
const maxLength$2 = 64;
const maxInteger = 2n ** 63n - 1n;
const binary = [
	"Ki",
	"Mi",
	"Gi",
	"Ti",
	"Pi",
	"Ei"
];
const decimal = {
	n: -9,
	u: -6,
	m: -3,
	k: 3,
	M: 6,
	G: 9,
	T: 12,
	P: 15,
	E: 18
};
function parseQuantity(text) {
	const [matched, sign, whole = "", fraction = "", suffix = ""] = pattern.exec(text) ?? [];
	if (matched === void 0 || text.length > maxLength$2 || `${whole}${fraction}` === "") return void 0;
	const power = binary.indexOf(suffix) + 1;
	const exponent = exponentOf(suffix) - fraction.length;
	const scaled = BigInt(`${whole}${fraction}`) * nanosOfOne * 1024n ** BigInt(power);
	const nanos = exponent >= 0 ? scaled * 10n ** BigInt(exponent) : divideUp(scaled, 10n ** BigInt(-exponent));
	const isWhole = nanos === 0n || (power > 0 ? fraction === "" : exponent >= 0);
	return {
		nanos: sign === "-" ? -nanos : nanos,
		isInteger: isWhole && nanos / 1000000000n <= maxInteger
	};
}
function exponentOf(suffix) {
	return decimal[suffix] ?? (/^[eE]./u.test(suffix) ? Number(suffix.slice(1)) : 0);
}
function divideUp(value, by) {
	return (value + by - 1n) / by;
}

// src/schema/kinds/metadata.ts
const annotationBytes = 262144;
const dnsLabel = "a DNS label: a-z, 0-9 and dashes between them, at most 63";
const dnsSubdomain = "a DNS name: a-z, 0-9, dashes and dots between them, at most 253";
const label = {
	isOfForm: isDnsLabel,
	expected: dnsLabel
};
const subdomain = {
	isOfForm: isDnsSubdomain,
	expected: dnsSubdomain
};
const segment = {
	isOfForm: (text) => text !== "." && text !== ".." && !/[/%]/u.test(text),
	expected: "a name without / and %"
};
function shorter(most, form) {
	return {
		isOfForm: (text) => text.length <= most && form.isOfForm(text),
		expected: `${form.expected.replace(/, at most \d+$/u, "")}, at most ${most}`
	};
}
const forms = {
	Namespace: label,
	Service: label,
	"StatefulSet.apps": label,
	"CronJob.batch": shorter(52, subdomain),
	"Job.batch": shorter(63, subdomain),
	"Role.rbac.authorization.k8s.io": segment,
	"RoleBinding.rbac.authorization.k8s.io": segment,
	"ClusterRole.rbac.authorization.k8s.io": segment,
	"ClusterRoleBinding.rbac.authorization.k8s.io": segment
};
const otherGroups = /* @__PURE__ */ new Set([
	"certificates.k8s.io",
	"apiregistration.k8s.io",
	"events.k8s.io"
]);
const otherKinds = /* @__PURE__ */ new Set([
	"Event",
	"CSIDriver.storage.k8s.io",
	"IPAddress.networking.k8s.io"
]);
function checkMetadata(object, group) {
	const kind = textOf(below(object, "kind"));
	const key = group === "" ? kind : `${kind}.${group}`;
	const metadata = below(object, "metadata");
	if (!otherGroups.has(group) && !otherKinds.has(key)) {
		const { isOfForm, expected } = forms[key] ?? subdomain;
		checkText(below(metadata, "name"), isOfForm, expected);
	}
	checkText(below(metadata, "namespace"), isDnsLabel, dnsLabel);
	checkLabelled(metadata);
}
function checkLabelled(metadata) {
	checkLabels(below(metadata, "labels"));
	const annotations = below(metadata, "annotations");
	let bytes = 0;
	for (const [key, value] of entriesOf(annotations)) {
		if (!isQualifiedName(key.toLowerCase())) value.refuse(keyForm);
		bytes += Buffer.byteLength(key) + Buffer.byteLength(textOf(value));
	}
	if (bytes > annotationBytes) annotations.refuse(`at most ${annotationBytes} bytes`, `${bytes} bytes`);
	for (const finalizer of itemsOf(below(metadata, "finalizers"))) checkText(finalizer, isQualifiedName, keyForm);
}
const keyForm = "a key as NAME or PREFIX/NAME, its prefix a DNS name";
function checkLabels(labels) {
	for (const [key, value] of entriesOf(labels)) {
		if (!isQualifiedName(key)) value.refuse(keyForm);
		checkText(value, isLabelValue, "a label: letters, digits, -, _ and . between them, at most 63");
	}
}
const subdomainForm = dnsSubdomain;
const labelForm = dnsLabel;

// src/schema/kinds/containers.ts
const maxPort$1 = 65535;
const handlers = [
	"exec",
	"httpGet",
	"tcpSocket",
	"grpc"
];
const hooks = [
	"exec",
	"httpGet",
	"tcpSocket",
	"sleep"
];
const probes = [
	"livenessProbe",
	"readinessProbe",
	"startupProbe"
];
const sources = [
	"fieldRef",
	"resourceFieldRef",
	"configMapKeyRef",
	"secretKeyRef",
	"fileKeyRef"
];
const podFields = /^(?:metadata\.(?:name|namespace|uid)|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIPs?|podIPs?)|metadata\.(?:labels|annotations)\['.+'\])$/u;
const ownResources = /^(?:cpu|memory|ephemeral-storage|hugepages-.+)$/u;
const portName = "a name of a port: a-z, 0-9 and single dashes, at most 15";
function checkContainer(container, volumes) {
	checkText(below(container, "name"), isDnsLabel, labelForm);
	const image = below(container, "image");
	requireText(image, "an image");
	checkText(image, (text) => text.trim() === text, "an image without spaces around it");
	checkPorts(below(container, "ports"));
	for (const one of itemsOf(below(container, "env"))) checkVariable(one);
	for (const one of itemsOf(below(container, "envFrom"))) {
		checkMembers(one, ["configMapRef", "secretRef"]);
		for (const name of ["configMapRef", "secretRef"]) checkReference(below(one, name));
	}
	checkMounts(below(container, "volumeMounts"), volumes);
	checkAmounts(below(container, "resources"));
	for (const name of probes) checkProbe(below(container, name), name);
	for (const name of ["postStart", "preStop"]) checkHandler(below(container, "lifecycle", name), hooks);
	const security = below(container, "securityContext");
	checkUser(security);
	if (below(security, "privileged").value === true && below(security, "allowPrivilegeEscalation").value === false) security.refuse("allowPrivilegeEscalation not false where privileged is true");
}
function checkUser(security) {
	for (const name of [
		"runAsUser",
		"runAsGroup",
		"fsGroup"
	]) checkNumber(below(security, name), 0, 2 ** 31 - 1);
}
function checkPorts(ports) {
	const all = itemsOf(ports);
	for (const port of all) {
		checkNumber(below(port, "containerPort"), 1, maxPort$1);
		checkNumber(below(port, "hostPort"), 0, maxPort$1);
		checkText(below(port, "name"), isPortName, portName);
	}
	checkUnique(all.map((port) => below(port, "name")), textOf, "a name");
}
function checkPort(port) {
	checkNumber(port, 1, maxPort$1);
	checkText(port, isPortName, portName);
}
function checkVariable(variable) {
	checkText(below(variable, "name"), (text) => /^[\u0020-\u007e]+$/u.test(text) && !text.includes("="), "a name of printable ASCII characters without =");
	const from = below(variable, "valueFrom");
	if (!isThere(from)) return;
	if (textOf(below(variable, "value")) !== "") from.refuse("either value or valueFrom", "both");
	else checkMembers(from, sources);
	for (const name of ["configMapKeyRef", "secretKeyRef"]) checkReference(below(from, name));
	checkText(below(from, "fieldRef", "fieldPath"), (text) => podFields.test(text), "a field that pods may refer to");
}
function checkReference(reference) {
	if (!isThere(reference)) return;
	const name = below(reference, "name");
	requireText(name, "a name");
	checkText(name, isDnsSubdomain, subdomainForm);
}
function checkMounts(mounts, volumes) {
	const all = itemsOf(mounts);
	for (const mount of all) {
		const name = below(mount, "name");
		if (textOf(name) !== "" && !volumes.has(textOf(name))) name.refuse("a volume of this pod", "no such volume");
		for (const path of ["subPath", "subPathExpr"]) {
			const isBelow = (text) => !text.startsWith("/") && !text.split("/").includes("..");
			checkText(below(mount, path), isBelow, "a relative path without ..");
		}
	}
	checkUnique(all.map((mount) => below(mount, "mountPath")), textOf, "a path");
}
function checkAmounts(resources) {
	const limits = below(resources, "limits");
	for (const field of [limits, below(resources, "requests")]) for (const [name, amount] of entriesOf(field)) checkAmount(name, amount);
	for (const [name, amount] of entriesOf(below(resources, "requests"))) {
		const limit = quantityOf(below(limits, name));
		const request = quantityOf(amount);
		const mustBeEqual = !ownResources.test(name) || name.startsWith("hugepages-");
		if (request === void 0) continue;
		if (limit === void 0) {
			if (mustBeEqual) below(limits, name).refuse(`a limit, since there is a request`, "nothing");
		} else if (request.nanos > limit.nanos) amount.refuse(`at most the limit of ${name}`, "more");
		else if (mustBeEqual && request.nanos !== limit.nanos) amount.refuse(`as much as the limit of ${name}`, "less");
	}
}
function checkAmount(name, amount) {
	const quantity = quantityOf(amount);
	if (!ownResources.test(name) && !name.includes("/")) amount.refuse("a resource that there is: cpu, memory, or one with a prefix", name.slice(0, 60));
	else if (quantity !== void 0 && quantity.nanos < 0n) amount.refuse("at least 0", "less");
	else if (quantity?.isInteger === false && name.includes("/")) amount.refuse("a whole number", "a fraction");
}
function quantityOf({ value }) {
	return typeof value === "string" || typeof value === "number" ? parseQuantity(String(value).trim()) : void 0;
}
function checkProbe(probe, name) {
	if (!isThere(probe)) return;
	checkHandler(probe, handlers);
	for (const time of [
		"initialDelaySeconds",
		"timeoutSeconds",
		"periodSeconds",
		"successThreshold",
		"failureThreshold"
	]) checkNumber(below(probe, time), 0);
	const successes = below(probe, "successThreshold");
	if (name !== "readinessProbe" && (numberOf$1(successes) ?? 1) > 1) successes.refuse("1", "more");
}
function checkHandler(handler, names) {
	if (!isThere(handler)) return;
	checkMembers(handler, names);
	const exec = below(handler, "exec");
	const command = below(exec, "command");
	if (isThere(exec) && sizeOf(command) === 0) command.refuse("a command", "nothing");
	for (const name of ["httpGet", "tcpSocket"]) checkPort(below(handler, name, "port"));
	checkNumber(below(handler, "grpc", "port"), 1, maxPort$1);
}

// src/schema/kinds/selectors.ts
const operators = [
	"In",
	"NotIn",
	"Exists",
	"DoesNotExist"
];
function checkSelector(selector) {
	checkLabels(below(selector, "matchLabels"));
	for (const expression of itemsOf(below(selector, "matchExpressions"))) {
		const operator = below(expression, "operator");
		const values = below(expression, "values");
		checkOneOf(operator, operators);
		if (textOf(operator).endsWith("In") && sizeOf(values) === 0) values.refuse("values for In or NotIn", "nothing");
		if (/Exist/u.test(textOf(operator)) && sizeOf(values) > 0) values.refuse("no values for Exists or DoesNotExist");
	}
}
function checkOwnSelector(spec) {
	const selector = below(spec, "selector");
	const labels = below(spec, "template", "metadata", "labels");
	checkSelector(selector);
	if (sizeOf(below(selector, "matchLabels")) === 0 && sizeOf(below(selector, "matchExpressions")) === 0) selector.refuse("a selector that is not empty", "an empty one");
	else if (!meets(labels.value, selector)) labels.refuse("labels that spec.selector matches", "others");
}
function meets(labels, selector) {
	const has = new Map(isMap$1(labels) ? Object.entries(labels) : []);
	const wanted = below(selector, "matchLabels").value;
	const expressions = itemsOf(below(selector, "matchExpressions"));
	return Object.entries(isMap$1(wanted) ? wanted : {}).every(([key, value]) => has.get(key) === value) && expressions.every((expression) => meetsExpression(has, expression));
}
function meetsExpression(labels, expression) {
	const key = textOf(below(expression, "key"));
	const values = new Set(itemsOf(below(expression, "values")).map(({ value }) => value));
	switch (textOf(below(expression, "operator"))) {
		case "In": return labels.has(key) && values.has(labels.get(key));
		case "NotIn": return !labels.has(key) || !values.has(labels.get(key));
		case "Exists": return labels.has(key);
		case "DoesNotExist": return !labels.has(key);
		default: return true;
	}
}

// src/schema/kinds/data.ts
const dataBytes = 1048576;
const keyLength = 253;
function checkConfigMap(object) {
	const [data, binary] = [below(object, "data"), below(object, "binaryData")];
	const bytes = checkKeys(data, byteLength) + checkKeys(binary, decodedLength);
	if (bytes > dataBytes) object.refuse(`at most ${dataBytes} bytes of data`, `${bytes} bytes`);
	const keys = new Set(entriesOf(data).map(([key]) => key));
	for (const [key, value] of entriesOf(binary)) if (keys.has(key)) value.refuse("a key that data has not", "it twice");
}
const keysOfTypes = {
	"kubernetes.io/tls": ["tls.crt", "tls.key"],
	"kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
	"kubernetes.io/dockercfg": [".dockercfg"],
	"kubernetes.io/ssh-auth": ["ssh-privatekey"]
};
function checkSecret(object) {
	const [data, text] = [below(object, "data"), below(object, "stringData")];
	const bytes = checkKeys(data, decodedLength) + checkKeys(text, byteLength);
	if (bytes > dataBytes) object.refuse(`at most ${dataBytes} bytes of data`, `${bytes} bytes`);
	const keys = new Set([...entriesOf(data), ...entriesOf(text)].map(([key]) => key));
	const type = textOf(below(object, "type"));
	for (const key of Object.hasOwn(keysOfTypes, type) ? keysOfTypes[type] ?? [] : []) if (!keys.has(key)) below(data, key).refuse(`a value, since the type is ${type}`, "nothing");
	checkRegistries(below(text, ".dockerconfigjson"), type);
}
function checkRegistries(value, type) {
	if (type !== "kubernetes.io/dockerconfigjson" || textOf(value) === "") return;
	try {
		JSON.parse(textOf(value));
	} catch {
		value.refuse("JSON", "a text that is none");
	}
}
function checkKeys(data, lengthOf) {
	let bytes = 0;
	for (const [key, value] of entriesOf(data)) {
		if (!/^[-._a-zA-Z0-9]+$/u.test(key) || key.length > keyLength || /^\.\.?$/u.test(key) || key.startsWith("..")) value.refuse("a key of letters, digits, -, _ and .");
		bytes += lengthOf(textOf(value));
	}
	return bytes;
}
function byteLength(text) {
	return Buffer.byteLength(text);
}
function decodedLength(text) {
	return Buffer.byteLength(text, "base64");
}
function checkClaim(object) {
	checkClaimSpec(below(object, "spec"));
}
function checkClaimSpec(spec) {
	const modes = below(spec, "accessModes");
	if (sizeOf(modes) === 0) modes.refuse("an access mode", "nothing");
	const storage = below(spec, "resources", "requests", "storage");
	const size = quantityOf(storage);
	if (size === void 0) storage.refuse("a size", "nothing");
	else if (size.nanos <= 0n) storage.refuse("more than 0", "less");
	checkSelector(below(spec, "selector"));
}

// src/schema/kinds/definitions.ts
function checkDefinition(object) {
	const spec = below(object, "spec");
	const name = below(object, "metadata", "name");
	const expected = `${textOf(below(spec, "names", "plural"))}.${textOf(below(spec, "group"))}`;
	if (textOf(name) !== expected) name.refuse(`the plural name and the group: ${expected.slice(0, 300)}`);
	const versions = below(spec, "versions");
	const stored = itemsOf(versions).filter((version) => below(version, "storage").value === true);
	if (stored.length !== 1) versions.refuse("one version that is stored", `${stored.length} that are`);
}

// src/expressions/kubernetes/opaque.ts
const opaqueType = mapType(CelScalar.DYN, CelScalar.DYN);
function opaqueKind(kind, format) {
	const values = /* @__PURE__ */ new WeakMap();
	const unwrap = (wrapped) => {
		const found = isCelMap(wrapped) ? values.get(wrapped) : void 0;
		if (found === void 0) throw new Error(`found no matching overload: not a ${kind}`);
		return found.value;
	};
	return {
		wrap: (value) => {
			const map = celMap(/* @__PURE__ */ new Map([[`@${kind}`, format(value)]]));
			values.set(map, { value });
			return map;
		},
		unwrap,
		is: (wrapped) => isCelMap(wrapped) && values.has(wrapped),
		method: (name, args, call) => celMethod(name, opaqueType, args, CelScalar.DYN, function callMethod(...given) {
			return call(unwrap(this), ...given);
		})
	};
}

// src/expressions/kubernetes/addresses.ts
const { BOOL: BOOL$4, DYN: DYN$6, STRING: STRING$5 } = CelScalar;
const maxLength$1 = 64;
const addresses = opaqueKind("ip", ({ text }) => text);
const networks = opaqueKind("cidr", formatNetwork);
function parseAddress(text) {
	if (text.length > maxLength$1) return void 0;
	if (isIPv4(text)) return {
		family: 4,
		text
	};
	if (!isIPv6(text) || text.includes("%")) return void 0;
	const { address } = new SocketAddress({
		address: text,
		family: "ipv6"
	});
	return isMapped(address) ? void 0 : {
		family: 6,
		text: address
	};
}
function isMapped(text) {
	return belongs({
		family: 6,
		text
	}, "::ffff:0:0", 96);
}
function parseNetwork(text) {
	const [written = "", bits = "", ...more] = text.split("/", 3);
	const address = parseAddress(written);
	if (address === void 0 || more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/u.test(bits)) return void 0;
	return Number(bits) <= (address.family === 4 ? 32 : 128) ? {
		address,
		bits: Number(bits)
	} : void 0;
}
function formatNetwork({ address, bits }) {
	return `${address.text}/${bits}`;
}
function belongs({ family, text }, network, bits) {
	const type = family === 4 ? "ipv4" : "ipv6";
	const list = new BlockList();
	list.addSubnet(network, bits, type);
	return list.check(text, type);
}
function contains({ address, bits }, other) {
	return address.family === other.family && belongs(other, address.text, bits);
}
function masked({ address, bits }) {
	const { family, text } = address;
	const parts = family === 4 ? text.split(".").map(Number) : groupsOf(text);
	const width = family === 4 ? 8 : 16;
	const kept = parts.map((part, index) => {
		const here = Math.min(width, Math.max(0, bits - index * width));
		return part - part % 2 ** (width - here);
	});
	return {
		address: parseAddress(family === 4 ? kept.join(".") : kept.map((part) => part.toString(16)).join(":")) ?? address,
		bits
	};
}
function groupsOf(text) {
	const [head = "", tail] = text.replace(/\d+\.\d+\.\d+\.\d+$/u, (part) => {
		const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
		return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
	}).split("::");
	const read = (part) => part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
	const before = read(head);
	const after = read(tail ?? "");
	const missing = tail === void 0 ? 0 : 8 - before.length - after.length;
	return [
		...before,
		...Array.from({ length: missing }, () => 0),
		...after
	];
}
function readAddress(value) {
	if (typeof value !== "string") return addresses.unwrap(value);
	const found = parseAddress(value);
	if (found === void 0) throw new Error("invalid IP address");
	return found;
}
function readNetwork(value) {
	if (typeof value !== "string") return networks.unwrap(value);
	const found = parseNetwork(value);
	if (found === void 0) throw new Error("invalid network");
	return found;
}
const properties = {
	isUnspecified: {
		4: ["0.0.0.0", 32],
		6: ["::", 128]
	},
	isLoopback: {
		4: ["127.0.0.0", 8],
		6: ["::1", 128]
	},
	isLinkLocalMulticast: {
		4: ["224.0.0.0", 24],
		6: ["ff02::", 16]
	},
	isLinkLocalUnicast: {
		4: ["169.254.0.0", 16],
		6: ["fe80::", 10]
	}
};
const multicastOfLink = /^ff[0-9a-f]2(?::|$)/u;
const multicast = {
	4: ["224.0.0.0", 4],
	6: ["ff00::", 8]
};
function has(address, name) {
	if (name === "isLinkLocalMulticast" && address.family === 6) return multicastOfLink.test(address.text);
	const network = properties[name]?.[address.family];
	return network !== void 0 && belongs(address, ...network);
}
function isGlobalUnicast(address) {
	return ![
		"isUnspecified",
		"isLoopback",
		"isLinkLocalUnicast"
	].some((name) => has(address, name)) && !belongs(address, ...multicast[address.family]) && address.text !== "255.255.255.255";
}
function addressFunctions() {
	return [
		celFunc("ip", [STRING$5], DYN$6, (text) => addresses.wrap(readAddress(text))),
		celFunc("isIP", [STRING$5], BOOL$4, (text) => parseAddress(text) !== void 0),
		celFunc("ip.isCanonical", [STRING$5], BOOL$4, (text) => readAddress(text).text === text),
		addresses.method("family", [], ({ family }) => BigInt(family)),
		...Object.keys(properties).map((name) => addresses.method(name, [], (address) => has(address, name))),
		addresses.method("isGlobalUnicast", [], isGlobalUnicast),
		celFunc("cidr", [STRING$5], DYN$6, (text) => networks.wrap(readNetwork(text))),
		celFunc("isCIDR", [STRING$5], BOOL$4, (text) => parseNetwork(text) !== void 0),
		networks.method("containsIP", [DYN$6], (network, other) => contains(network, readAddress(other))),
		networks.method("containsCIDR", [DYN$6], (network, value) => {
			const other = readNetwork(value);
			return network.bits <= other.bits && contains(network, other.address);
		}),
		networks.method("ip", [], ({ address }) => addresses.wrap(address)),
		networks.method("prefixLength", [], ({ bits }) => BigInt(bits)),
		networks.method("masked", [], (network) => networks.wrap(masked(network))),
		celFunc("string", [opaqueType], STRING$5, (value) => addresses.is(value) ? addresses.unwrap(value).text : formatNetwork(networks.unwrap(value)))
	];
}

// src/schema/kinds/networking.ts
const maxPort = 65535;
const network = "a network as 10.0.0.0/8";
function checkService(object) {
	const spec = below(object, "spec");
	const type = textOf(below(spec, "type")) || "ClusterIP";
	const ports = below(spec, "ports");
	const isHeadless = textOf(below(spec, "clusterIP")) === "None";
	if (type === "ExternalName") checkExternalName(below(spec, "externalName"));
	else if (sizeOf(ports) === 0 && !isHeadless) ports.refuse("a port", "nothing");
	checkServicePorts(itemsOf(ports), type);
	checkLabels(below(spec, "selector"));
	for (const range of itemsOf(below(spec, "loadBalancerSourceRanges"))) checkText(range, (text) => parseNetwork(text.trim()) !== void 0, network);
}
function checkExternalName(name) {
	requireText(name, subdomainForm);
	checkText(name, (text) => isDnsSubdomain(text.replace(/\.$/u, "")), subdomainForm);
}
function checkServicePorts(ports, type) {
	for (const port of ports) {
		checkNumber(below(port, "port"), 1, maxPort);
		const name = below(port, "name");
		if (ports.length > 1 && textOf(name) === "") name.refuse("a name, since there are several ports");
		const target = below(port, "targetPort");
		if (target.value !== 0) checkPort(target);
		const nodePort = below(port, "nodePort");
		if ((numberOf$1(nodePort) ?? 0) !== 0 && type === "ClusterIP") nodePort.refuse("nothing where the type is ClusterIP");
		checkNumber(nodePort, 0, maxPort);
	}
	checkUnique(ports.map((port) => below(port, "name")), textOf, "a name");
	const keyOf = (port) => `${textOf(below(port, "protocol")) || "TCP"} ${numberOf$1(below(port, "port")) ?? ""}`;
	checkUnique(ports, keyOf, "a number and protocol");
}
function checkIngress(object) {
	const spec = below(object, "spec");
	const rules = itemsOf(below(spec, "rules"));
	const fallback = below(spec, "defaultBackend");
	if (rules.length === 0 && !isThere(fallback)) spec.refuse("rules, or a defaultBackend", "neither");
	checkBackend(fallback);
	for (const rule of rules) {
		checkHost(below(rule, "host"));
		for (const path of itemsOf(below(rule, "http", "paths"))) {
			const isExact = /^(?:Exact|Prefix)$/u.test(textOf(below(path, "pathType")));
			const where = below(path, "path");
			if (isExact || textOf(where) !== "") {
				if (!textOf(where).startsWith("/")) where.refuse("a path that begins with /");
				else if (isExact) checkText(where, isPlainPath, "a path without //, /./, /../ and escaped slashes");
			}
			checkBackend(below(path, "backend"));
		}
	}
}
function isPlainPath(text) {
	return !/\/\/|\/\.\.?(?:\/|$)|%2f/iu.test(text);
}
function checkHost(host) {
	const isName = (text) => isIP(text) === 0 && isDnsSubdomain(text.replace(/^\*\./u, ""));
	checkText(host, isName, "a DNS name, perhaps behind *., and no address");
}
function checkBackend(backend) {
	if (!isThere(backend)) return;
	const isEmpty = sizeOf(backend) === 0;
	checkMembers(backend, ["service", "resource"]);
	const port = below(backend, "service", "port");
	if (isEmpty || !isThere(below(backend, "service"))) return;
	const [name, number] = [textOf(below(port, "name")), numberOf$1(below(port, "number")) ?? 0];
	if (name === "" && number === 0) port.refuse("a name or a number of a port", "neither");
	else if (name !== "" && number !== 0) port.refuse("either a name or a number of a port", "both");
	checkNumber(below(port, "number"), 0, maxPort);
	checkText(below(port, "name"), isPortName, "a name of a port");
}
function checkNetworkPolicy(object) {
	const spec = below(object, "spec");
	checkSelector(below(spec, "podSelector"));
	for (const [direction, peers] of [["ingress", "from"], ["egress", "to"]]) for (const rule of itemsOf(below(spec, direction))) {
		for (const peer of itemsOf(below(rule, peers))) checkPeer(peer);
		for (const port of itemsOf(below(rule, "ports"))) checkPort(below(port, "port"));
	}
}
function checkPeer(peer) {
	const block = below(peer, "ipBlock");
	const selectors = ["podSelector", "namespaceSelector"].map((name) => below(peer, name));
	for (const selector of selectors) checkSelector(selector);
	const hasSelector = selectors.some(isThere);
	if (!isThere(block)) {
		if (!hasSelector) peer.refuse("a selector, or a network", "neither");
		return;
	}
	if (hasSelector) peer.refuse("either selectors or a network", "both");
	for (const one of [below(block, "cidr"), ...itemsOf(below(block, "except"))]) checkText(one, (text) => parseNetwork(text) !== void 0, network);
}

// src/schema/kinds/pods.ts
const maxMode = 511;
function checkTemplate(template, claims = []) {
	checkLabelled(below(template, "metadata"));
	checkPod(below(template, "spec"), claims);
}
function checkPod(spec, claims = []) {
	const volumes = itemsOf(below(spec, "volumes"));
	const names = /* @__PURE__ */ new Set([...claims, ...volumes.map((volume) => textOf(below(volume, "name")))]);
	const containers = below(spec, "containers");
	if (sizeOf(containers) === 0) containers.refuse("a container", "nothing");
	const all = [...itemsOf(containers), ...itemsOf(below(spec, "initContainers"))];
	for (const container of all) checkContainer(container, names);
	const fieldsOfName = (fields) => fields.map((one) => below(one, "name"));
	checkUnique(fieldsOfName(all), textOf, "a name");
	checkUnique(fieldsOfName(volumes), textOf, "a name");
	for (const volume of volumes) checkVolume(volume);
	checkText(below(spec, "serviceAccountName"), isDnsSubdomain, subdomainForm);
	checkLabels(below(spec, "nodeSelector"));
	checkUser(below(spec, "securityContext"));
	checkPlacement(spec);
}
function checkPlacement(spec) {
	for (const toleration of itemsOf(below(spec, "tolerations"))) {
		const operator = below(toleration, "operator");
		if (textOf(operator) === "Exists" && textOf(below(toleration, "value")) !== "") operator.refuse("Equal where there is a value", "Exists");
	}
	for (const spread of itemsOf(below(spec, "topologySpreadConstraints"))) checkNumber(below(spread, "maxSkew"), 1);
	for (const alias of itemsOf(below(spec, "hostAliases"))) checkText(below(alias, "ip"), (text) => parseAddress(text) !== void 0, "an IP address");
}
function checkVolume(volume) {
	checkText(below(volume, "name"), isDnsLabel, labelForm);
	checkMembers(volume, entriesOf(volume).flatMap(([name]) => name === "name" ? [] : [name]), 0);
	checkFiles(below(volume, "secret"), "secretName");
	checkFiles(below(volume, "configMap"), "name");
	const claim = below(volume, "persistentVolumeClaim");
	if (isThere(claim)) requireText(below(claim, "claimName"), "a name of a claim");
	for (const source of itemsOf(below(volume, "projected", "sources"))) for (const name of ["secret", "configMap"]) checkFiles(below(source, name), "name");
}
function checkFiles(source, name) {
	if (!isThere(source)) return;
	requireText(below(source, name), "a name");
	for (const field of [below(source, "defaultMode"), ...itemsOf(below(source, "items")).map((item) => below(item, "mode"))]) {
		const { value } = field;
		if (typeof value === "number" && (value < 0 || value > maxMode)) field.refuse("a mode from 0 to 0777, octal", "a number that is no such mode");
	}
}

// src/schema/kinds/schedules.ts
const fields = [
	{
		least: 0,
		most: 59
	},
	{
		least: 0,
		most: 23
	},
	{
		least: 1,
		most: 31
	},
	{
		least: 1,
		most: 12,
		names: [
			"jan",
			"feb",
			"mar",
			"apr",
			"may",
			"jun",
			"jul",
			"aug",
			"sep",
			"oct",
			"nov",
			"dec"
		]
	},
	{
		least: 0,
		most: 7,
		names: [
			"sun",
			"mon",
			"tue",
			"wed",
			"thu",
			"fri",
			"sat"
		]
	}
];
function isSchedule(text) {
	const trimmed = text.trim();
	if (trimmed.startsWith("@")) return /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/u.test(trimmed) || isInterval(trimmed);
	const parts = trimmed.split(/\s+/u);
	return parts.length === fields.length && fields.every((bounds, index) => (parts[index] ?? "").split(",").every((part) => isRange(part, bounds)));
}
function isInterval(text) {
	return /^@every (?:\d+(?:\.\d+)?(?:ns|us|\u00b5s|ms|s|m|h))+$/u.test(text);
}
function isRange(part, bounds) {
	const [range = "", step, ...more] = part.split("/");
	if (more.length > 0 || step !== void 0 && !/^[1-9]\d{0,3}$/u.test(step)) return false;
	if (range === "*" || range === "?") return true;
	const [from = "", to, ...others] = range.split("-");
	if (others.length > 0) return false;
	const [begin, end] = [numberOf(from, bounds), numberOf(to ?? from, bounds)];
	return begin !== void 0 && end !== void 0 && begin <= end;
}
function numberOf(text, { least, most, names }) {
	const named = names?.indexOf(text.toLowerCase()) ?? -1;
	if (named >= 0) return least + named;
	const number = /^\d{1,4}$/u.test(text) ? Number(text) : -1;
	return number >= least && number <= most ? number : void 0;
}

// src/schema/kinds/workloads.ts
function checkWorkload(object) {
	const spec = below(object, "spec");
	checkNumber(below(spec, "replicas"), 0);
	checkNumber(below(spec, "minReadySeconds"), 0);
	checkNumber(below(spec, "revisionHistoryLimit"), 0);
	checkOwnSelector(spec);
	const template = below(spec, "template");
	const claims = itemsOf(below(spec, "volumeClaimTemplates"));
	checkTemplate(template, claims.map((claim) => textOf(below(claim, "metadata", "name"))));
	checkOneOf(below(template, "spec", "restartPolicy"), ["Always"]);
	for (const name of ["strategy", "updateStrategy"]) checkStrategy(below(spec, name));
}
function checkStrategy(strategy) {
	const type = textOf(below(strategy, "type"));
	const rolling = below(strategy, "rollingUpdate");
	if (!isThere(rolling)) return;
	if (type === "Recreate" || type === "OnDelete") {
		rolling.refuse(`nothing where the type is ${type}`);
		return;
	}
	const bounds = ["maxSurge", "maxUnavailable"].map((name) => below(rolling, name));
	for (const bound of bounds) checkShare(bound);
	const [surge, unavailable] = bounds;
	if (surge && unavailable && isZero(surge) && isZero(unavailable)) unavailable.refuse("more than 0 where maxSurge is 0", "0");
}
function checkShare(field) {
	checkNumber(field, 0);
	checkText(field, (text) => /^\d+%$/u.test(text), "a number, or a percentage as 25%");
}
function isZero({ value }) {
	return value === 0 || value === "0%";
}
function checkJob(object) {
	checkJobSpec(below(object, "spec"));
}
function checkJobSpec(spec) {
	for (const name of [
		"backoffLimit",
		"parallelism",
		"completions",
		"ttlSecondsAfterFinished",
		"activeDeadlineSeconds"
	]) checkNumber(below(spec, name), 0);
	const template = below(spec, "template");
	checkTemplate(template);
	const policy = below(template, "spec", "restartPolicy");
	if (!["OnFailure", "Never"].includes(textOf(policy))) policy.refuse("OnFailure or Never");
}
function checkCronJob(object) {
	const spec = below(object, "spec");
	checkText(below(spec, "schedule"), isSchedule, "a schedule of five fields, or one as @daily");
	checkText(below(spec, "timeZone"), isTimeZone, "a time zone as Europe/Berlin");
	for (const name of [
		"startingDeadlineSeconds",
		"successfulJobsHistoryLimit",
		"failedJobsHistoryLimit"
	]) checkNumber(below(spec, name), 0);
	checkJobSpec(below(spec, "jobTemplate", "spec"));
}
function isTimeZone(text) {
	try {
		const zone = new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
		return !/^[+-]/u.test(zone);
	} catch {
		return false;
	}
}
function checkBarePod(object) {
	checkPod(below(object, "spec"));
}
const metricMembers = {
	Resource: "resource",
	ContainerResource: "containerResource",
	Pods: "pods",
	Object: "object",
	External: "external"
};
function checkAutoscaler(object) {
	const spec = below(object, "spec");
	const most = below(spec, "maxReplicas");
	const least = numberOf$1(below(spec, "minReplicas")) ?? 1;
	checkNumber(below(spec, "minReplicas"), 0);
	const count = numberOf$1(most);
	if (count !== void 0 && (count < 1 || count < least)) most.refuse("more than 0, and at least minReplicas", "a lower number");
	for (const metric of itemsOf(below(spec, "metrics"))) {
		const member = metricMembers[textOf(below(metric, "type"))];
		if (member === void 0) continue;
		const source = below(metric, member);
		if (!isThere(source)) source.refuse("the source that the type names");
		else checkMembers(metric, Object.values(metricMembers));
	}
}
function checkDisruptionBudget(object) {
	const spec = below(object, "spec");
	checkMembers(spec, ["minAvailable", "maxUnavailable"], 0);
	for (const name of ["minAvailable", "maxUnavailable"]) checkShare(below(spec, name));
	checkSelector(below(spec, "selector"));
}

// src/schema/check-kind.ts
const rbac = "rbac.authorization.k8s.io/v1";
const checks = {
	"v1/Pod": checkBarePod,
	"v1/Service": checkService,
	"v1/ConfigMap": checkConfigMap,
	"v1/Secret": checkSecret,
	"v1/PersistentVolumeClaim": checkClaim,
	"apps/v1/Deployment": checkWorkload,
	"apps/v1/StatefulSet": checkWorkload,
	"apps/v1/DaemonSet": checkWorkload,
	"apps/v1/ReplicaSet": checkWorkload,
	"batch/v1/Job": checkJob,
	"batch/v1/CronJob": checkCronJob,
	"autoscaling/v2/HorizontalPodAutoscaler": checkAutoscaler,
	"autoscaling/v1/HorizontalPodAutoscaler": checkAutoscaler,
	"policy/v1/PodDisruptionBudget": checkDisruptionBudget,
	"networking.k8s.io/v1/Ingress": checkIngress,
	"networking.k8s.io/v1/NetworkPolicy": checkNetworkPolicy,
	"apiextensions.k8s.io/v1/CustomResourceDefinition": checkDefinition,
	[`${rbac}/Role`]: checkRole,
	[`${rbac}/ClusterRole`]: checkRole,
	[`${rbac}/RoleBinding`]: checkBinding,
	[`${rbac}/ClusterRoleBinding`]: checkBinding
};
function checkKind(object) {
	const problems = [];
	const root = fieldOf(object, problems);
	const apiVersion = textOf(below(root, "apiVersion"));
	const key = `${apiVersion}/${textOf(below(root, "kind"))}`;
	checkMetadata(root, parseApiVersion(apiVersion).group);
	if (Object.hasOwn(checks, key)) checks[key]?.(root);
	return problems;
}

// src/schema/lifecycle.ts
const oldest = 16;
const none = void 0;
const admission = "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding";
const mutating = "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding";
const webhooks = "MutatingWebhookConfiguration ValidatingWebhookConfiguration";
const roles = "ClusterRole ClusterRoleBinding Role RoleBinding";
const flows = "FlowSchema PriorityLevelConfiguration";
const devices = "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice";
const reviews = "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview";
const rows = [
	[
		"v1",
		0,
		33,
		none,
		"discovery.k8s.io/v1 EndpointSlice",
		"Endpoints"
	],
	[
		"v1",
		0,
		19,
		none,
		"",
		"ComponentStatus"
	],
	[
		"admissionregistration.k8s.io/v1",
		36,
		none,
		none,
		"",
		mutating
	],
	[
		"admissionregistration.k8s.io/v1",
		30,
		none,
		none,
		"",
		admission
	],
	[
		"admissionregistration.k8s.io/v1beta1",
		9,
		16,
		22,
		"admissionregistration.k8s.io/v1",
		webhooks
	],
	[
		"admissionregistration.k8s.io/v1beta1",
		28,
		31,
		34,
		"admissionregistration.k8s.io/v1",
		admission
	],
	[
		"admissionregistration.k8s.io/v1beta1",
		34,
		37,
		40,
		"admissionregistration.k8s.io/v1",
		mutating
	],
	[
		"admissionregistration.k8s.io/v1alpha1",
		26,
		29,
		32,
		"admissionregistration.k8s.io/v1",
		admission
	],
	[
		"admissionregistration.k8s.io/v1alpha1",
		32,
		35,
		38,
		"admissionregistration.k8s.io/v1",
		mutating
	],
	[
		"apiextensions.k8s.io/v1beta1",
		7,
		16,
		22,
		"apiextensions.k8s.io/v1",
		"CustomResourceDefinition"
	],
	[
		"apiregistration.k8s.io/v1beta1",
		7,
		19,
		22,
		"apiregistration.k8s.io/v1",
		"APIService"
	],
	[
		"apps/v1beta1",
		5,
		8,
		16,
		"apps/v1",
		"ControllerRevision Deployment StatefulSet"
	],
	[
		"apps/v1beta2",
		8,
		9,
		16,
		"apps/v1",
		"ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"
	],
	[
		"authentication.k8s.io/v1beta1",
		4,
		19,
		22,
		"authentication.k8s.io/v1",
		"TokenReview"
	],
	[
		"authorization.k8s.io/v1",
		19,
		none,
		none,
		"",
		reviews.replace(" SubjectAccessReview", "")
	],
	[
		"authorization.k8s.io/v1beta1",
		2,
		19,
		22,
		"authorization.k8s.io/v1",
		reviews
	],
	[
		"autoscaling/v2",
		23,
		none,
		none,
		"",
		"HorizontalPodAutoscaler"
	],
	[
		"autoscaling/v2beta1",
		8,
		22,
		25,
		"autoscaling/v2",
		"HorizontalPodAutoscaler"
	],
	[
		"autoscaling/v2beta2",
		12,
		23,
		26,
		"autoscaling/v2",
		"HorizontalPodAutoscaler"
	],
	[
		"batch/v1",
		21,
		none,
		none,
		"",
		"CronJob"
	],
	[
		"batch/v1beta1",
		8,
		21,
		25,
		"batch/v1",
		"CronJob"
	],
	[
		"certificates.k8s.io/v1",
		19,
		none,
		none,
		"",
		"CertificateSigningRequest"
	],
	[
		"certificates.k8s.io/v1beta1",
		12,
		19,
		22,
		"certificates.k8s.io/v1",
		"CertificateSigningRequest"
	],
	[
		"certificates.k8s.io/v1alpha1",
		26,
		34,
		37,
		"certificates.k8s.io/v1beta1",
		"ClusterTrustBundle"
	],
	[
		"certificates.k8s.io/v1beta1",
		33,
		37,
		40,
		"",
		"ClusterTrustBundle"
	],
	[
		"coordination.k8s.io/v1beta1",
		12,
		19,
		22,
		"coordination.k8s.io/v1",
		"Lease"
	],
	[
		"discovery.k8s.io/v1",
		21,
		none,
		none,
		"",
		"EndpointSlice"
	],
	[
		"discovery.k8s.io/v1beta1",
		16,
		21,
		25,
		"discovery.k8s.io/v1",
		"EndpointSlice"
	],
	[
		"events.k8s.io/v1",
		19,
		none,
		none,
		"",
		"Event"
	],
	[
		"events.k8s.io/v1beta1",
		8,
		22,
		25,
		"events.k8s.io/v1",
		"Event"
	],
	[
		"extensions/v1beta1",
		1,
		8,
		16,
		"apps/v1",
		"DaemonSet Deployment ReplicaSet"
	],
	[
		"extensions/v1beta1",
		1,
		14,
		22,
		"networking.k8s.io/v1",
		"Ingress"
	],
	[
		"extensions/v1beta1",
		3,
		9,
		16,
		"networking.k8s.io/v1",
		"NetworkPolicy"
	],
	[
		"extensions/v1beta1",
		2,
		11,
		16,
		"",
		"PodSecurityPolicy"
	],
	[
		"flowcontrol.apiserver.k8s.io/v1",
		29,
		none,
		none,
		"",
		flows
	],
	[
		"flowcontrol.apiserver.k8s.io/v1beta1",
		20,
		23,
		26,
		"flowcontrol.apiserver.k8s.io/v1",
		flows
	],
	[
		"flowcontrol.apiserver.k8s.io/v1beta2",
		23,
		26,
		29,
		"flowcontrol.apiserver.k8s.io/v1",
		flows
	],
	[
		"flowcontrol.apiserver.k8s.io/v1beta3",
		26,
		29,
		32,
		"flowcontrol.apiserver.k8s.io/v1",
		flows
	],
	[
		"networking.k8s.io/v1",
		19,
		none,
		none,
		"",
		"Ingress IngressClass"
	],
	[
		"networking.k8s.io/v1",
		33,
		none,
		none,
		"",
		"IPAddress ServiceCIDR"
	],
	[
		"networking.k8s.io/v1beta1",
		14,
		19,
		22,
		"networking.k8s.io/v1",
		"Ingress IngressClass"
	],
	[
		"networking.k8s.io/v1beta1",
		31,
		34,
		37,
		"networking.k8s.io/v1",
		"IPAddress ServiceCIDR"
	],
	[
		"node.k8s.io/v1",
		20,
		none,
		none,
		"",
		"RuntimeClass"
	],
	[
		"node.k8s.io/v1beta1",
		13,
		22,
		25,
		"node.k8s.io/v1",
		"RuntimeClass"
	],
	[
		"policy/v1",
		21,
		none,
		none,
		"",
		"PodDisruptionBudget"
	],
	[
		"policy/v1beta1",
		5,
		21,
		25,
		"policy/v1",
		"PodDisruptionBudget"
	],
	[
		"policy/v1beta1",
		10,
		21,
		25,
		"",
		"PodSecurityPolicy"
	],
	[
		"rbac.authorization.k8s.io/v1alpha1",
		5,
		17,
		22,
		"rbac.authorization.k8s.io/v1",
		roles
	],
	[
		"rbac.authorization.k8s.io/v1beta1",
		6,
		17,
		22,
		"rbac.authorization.k8s.io/v1",
		roles
	],
	[
		"resource.k8s.io/v1",
		34,
		none,
		none,
		"",
		devices
	],
	[
		"resource.k8s.io/v1beta1",
		32,
		35,
		38,
		"resource.k8s.io/v1",
		devices
	],
	[
		"resource.k8s.io/v1beta2",
		33,
		36,
		39,
		"resource.k8s.io/v1",
		devices
	],
	[
		"scheduling.k8s.io/v1beta1",
		11,
		14,
		22,
		"scheduling.k8s.io/v1",
		"PriorityClass"
	],
	[
		"storage.k8s.io/v1",
		18,
		none,
		none,
		"",
		"CSIDriver"
	],
	[
		"storage.k8s.io/v1",
		17,
		none,
		none,
		"",
		"CSINode"
	],
	[
		"storage.k8s.io/v1",
		24,
		none,
		none,
		"",
		"CSIStorageCapacity"
	],
	[
		"storage.k8s.io/v1",
		34,
		none,
		none,
		"",
		"VolumeAttributesClass"
	],
	[
		"storage.k8s.io/v1beta1",
		4,
		19,
		22,
		"storage.k8s.io/v1",
		"CSIDriver StorageClass VolumeAttachment"
	],
	[
		"storage.k8s.io/v1beta1",
		14,
		17,
		22,
		"storage.k8s.io/v1",
		"CSINode"
	],
	[
		"storage.k8s.io/v1beta1",
		21,
		24,
		27,
		"storage.k8s.io/v1",
		"CSIStorageCapacity"
	],
	[
		"storage.k8s.io/v1beta1",
		31,
		34,
		37,
		"storage.k8s.io/v1",
		"VolumeAttributesClass"
	]
];
const known$1 = new Map(rows.flatMap(([apiVersion, since, deprecated, removed, instead, kinds]) => kinds.split(" ").map((kind) => [`${apiVersion}/${kind}`, {
	since,
	deprecated,
	removed,
	instead
}])));
function apiStateAt(minor, apiVersion, kind) {
	const found = known$1.get(`${apiVersion}/${kind}`);
	if (found === void 0) return void 0;
	const { since, deprecated, removed, instead } = found;
	const rest = {
		removed,
		instead
	};
	if (removed !== void 0 && minor >= removed) return {
		state: "removed",
		since: removed,
		...rest
	};
	if (minor < since) return {
		state: "early",
		since,
		...rest
	};
	if (deprecated !== void 0 && minor >= deprecated) return {
		state: "deprecated",
		since: deprecated,
		...rest
	};
	return {
		state: "served",
		since,
		...rest
	};
}
function parseKubernetesVersion(text, newest) {
	const read = (version) => Number(/^v?1\.(\d{1,3})(?:\.\d{1,3})?$/u.exec(version)?.[1] ?? -1);
	const [minor, last] = [read(text), read(newest)];
	if (minor >= oldest && minor <= last) return minor;
	throw new InputError("INPUT_INVALID", `${JSON.stringify(text.slice(0, 50))} is no version that is known here`, { hint: `Known are 1.${oldest} to 1.${last}.` });
}

// src/expressions/kubernetes/lists.ts
const { BOOL: BOOL$3, DYN: DYN$5, INT: INT$2 } = CelScalar;
const list = listType(DYN$5);
const maxRange = 1e4;
function callBuiltIn(name, ...args) {
	for (const one of builtIn) {
		if (one.name !== name) continue;
		const result = one.call(0, void 0, args);
		if (isCelError(result)) throw result;
		if (result !== void 0) return result;
	}
	throw new Error(`found no matching overload for ${name}`);
}
function isLess(left, right) {
	return callBuiltIn("_<_", left, right) === true;
}
function areEqual(left, right) {
	return callBuiltIn("_==_", left, right) === true;
}
function extreme(values, isBetter) {
	const [first, ...rest] = values;
	if (first === void 0) throw new Error("invalid empty list");
	return rest.reduce((best, one) => isBetter(one, best) ? one : best, first);
}
function sum(values) {
	const [first, ...rest] = values;
	return first === void 0 ? 0n : rest.reduce((total, one) => callBuiltIn("_+_", total, one), first);
}
function slice(values, from, to) {
	const [start, end] = [Number(from), Number(to)];
	if (start < 0 || end > values.length || start > end) throw new Error("index out of bounds");
	return values.slice(start, end);
}
function flatten(values, depth) {
	if (depth < 0) throw new Error("invalid depth");
	return values.flatMap((one) => isCelList(one) && depth > 0 ? flatten([...one], depth - 1) : [one]);
}
function distinct(values) {
	return values.filter((one, index) => values.findIndex((other) => areEqual(one, other)) === index);
}
function isWithin(left, right) {
	return left.every((one) => right.some((other) => areEqual(one, other)));
}
function listFunctions(meter) {
	const read = (value, turns = 1) => {
		for (let turn = 0; turn < turns; turn += 1) spendWalk(value, meter);
		return [...value];
	};
	const method = (name, call) => celMethod(name, list, [], DYN$5, function callMethod() {
		return call(read(this));
	});
	const search = (name) => celMethod(name, list, [DYN$5], INT$2, function callMethod(wanted) {
		const values = read(this);
		const fits = (one) => areEqual(one, wanted);
		return BigInt(name === "indexOf" ? values.findIndex(fits) : values.findLastIndex(fits));
	});
	const sets = (name, call) => celFunc(`sets.${name}`, [list, list], BOOL$3, (left, right) => call(read(left, right.size + 1), read(right, left.size + 1)));
	return [
		method("isSorted", (values) => values.every((one, index) => index === 0 || !isLess(one, values[index - 1] ?? one))),
		method("sum", sum),
		method("min", (values) => extreme(values, isLess)),
		method("max", (values) => extreme(values, (one, than) => isLess(than, one))),
		search("indexOf"),
		search("lastIndexOf"),
		celMethod("slice", list, [INT$2, INT$2], list, function callMethod(from, to) {
			return celList([...slice(read(this), from, to)]);
		}),
		method("flatten", (values) => celList(flatten(values, 1))),
		celMethod("distinct", list, [], list, function callMethod() {
			return celList(distinct(read(this, this.size + 1)));
		}),
		method("reverse", (values) => celList(values.toReversed())),
		method("sort", (values) => celList(values.toSorted((a, b) => isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0))),
		celFunc("lists.range", [INT$2], list, (count) => {
			if (count < 0n || count > maxRange) throw new Error("invalid range");
			meter.spend(Number(count));
			return celList(Array.from({ length: Number(count) }, (_, index) => BigInt(index)));
		}),
		sets("contains", (left, right) => isWithin(right, left)),
		sets("equivalent", (left, right) => isWithin(left, right) && isWithin(right, left)),
		sets("intersects", (left, right) => left.some((one) => isWithin([one], right)))
	];
}

// src/expressions/kubernetes/equality.ts
const { BOOL: BOOL$2, DYN: DYN$4, STRING: STRING$4 } = CelScalar;
const unordered = /* @__PURE__ */ new WeakSet();
function equalityFunctions(meter) {
	const isSame = (left, right) => {
		if (!isCelList(left) || !isCelList(right) || !unordered.has(left)) {
			spendComparison(left, right, meter);
			return areEqual(left, right);
		}
		if (left.size !== right.size) return false;
		for (let turn = 0; turn <= left.size; turn += 1) spendWalk(right, meter);
		const others = [...right];
		return [...left].every((one) => others.some((other) => areEqual(one, other)));
	};
	return [
		celFunc("_==_", [DYN$4, DYN$4], BOOL$2, isSame),
		celFunc("_!=_", [DYN$4, DYN$4], BOOL$2, (left, right) => !isSame(left, right)),
		celFunc("@in", [STRING$4, mapType(DYN$4, DYN$4)], BOOL$2, (key, map) => map.get(key) !== void 0)
	];
}

// src/expressions/kubernetes/urls.ts
const { BOOL: BOOL$1, DYN: DYN$3, STRING: STRING$3 } = CelScalar;
const maxLength = 8192;
const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/u;
const urls = opaqueKind("url", ({ text }) => text);
function parseUrl(text) {
	if (text === "" || text.length > maxLength || /[\u0000-\u001f\u007f]/u.test(text)) return void 0;
	const [found = "", name = ""] = scheme.exec(text) ?? [];
	const [rest = ""] = text.slice(found.length).split("#");
	if (found === "" && !rest.startsWith("/")) return void 0;
	const parts = readParts(rest, found !== "");
	return isHost(parts.host) && isEscaped(parts.path) ? {
		...parts,
		scheme: name.toLowerCase(),
		path: parts.path.startsWith("/") ? parts.path : ""
	} : void 0;
}
function readParts(text, hasScheme) {
	const [before = "", ...queries] = text.split("?");
	return {
		...before.startsWith("//") && (hasScheme || !before.startsWith("///")) ? splitHost(before.slice(2)) : {
			host: "",
			path: before
		},
		query: queries.join("?")
	};
}
function splitHost(text) {
	const end = text.indexOf("/");
	const [authority, path] = end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end)];
	return {
		host: authority.slice(authority.lastIndexOf("@") + 1),
		path
	};
}
function isEscaped(text) {
	return !/%(?![0-9a-fA-F]{2})/u.test(text);
}
function isHost(host) {
	return /^(?:\[[0-9a-fA-F:.]+(?:%25[\w.~-]+)?\]|[^\s[\]:<>"\\^`{|}%]*)(?::\d*)?$/u.test(host);
}
function hostname(host) {
	return host.replace(/:\d*$/u, "").replace(/^\[(.*)\]$/u, "$1");
}
function readQuery(query) {
	const found = /* @__PURE__ */ new Map();
	for (const [name, value] of new URLSearchParams(query)) found.set(name, [...found.get(name) ?? [], value]);
	return celMap(new Map([...found].map(([name, values]) => [name, celList(values)])));
}
function urlFunctions() {
	return [
		celFunc("url", [STRING$3], DYN$3, (text) => {
			const parts = parseUrl(text);
			if (parts === void 0) throw new Error("invalid URL");
			return urls.wrap({
				...parts,
				text
			});
		}),
		celFunc("isURL", [STRING$3], BOOL$1, (text) => parseUrl(text) !== void 0),
		urls.method("getScheme", [], (url) => url.scheme),
		urls.method("getHost", [], ({ host }) => host),
		urls.method("getHostname", [], ({ host }) => hostname(host)),
		urls.method("getPort", [], ({ host }) => /:(\d*)$/u.exec(host.replace(/^\[.*\]/u, ""))?.[1] ?? ""),
		urls.method("getEscapedPath", [], ({ path }) => path),
		urls.method("getQuery", [], ({ query }) => readQuery(query))
	];
}

// src/expressions/kubernetes/formats.ts
const { DYN: DYN$2, STRING: STRING$2 } = CelScalar;
function asPrefix(text) {
	return text.length > 1 && text.endsWith("-") ? `${text.slice(0, -1)}a` : text;
}
const formats = {
	dns1123Label: isDnsLabel,
	dns1123Subdomain: isDnsSubdomain,
	dns1035Label: isDns1035Label,
	qualifiedName: isQualifiedName,
	dns1123LabelPrefix: (text) => isDnsLabel(asPrefix(text)),
	dns1123SubdomainPrefix: (text) => isDnsSubdomain(asPrefix(text)),
	dns1035LabelPrefix: (text) => isDns1035Label(asPrefix(text)),
	labelValue: isLabelValue,
	uri: (text) => parseUrl(text) !== void 0,
	uuid: isUuid,
	byte: (text) => text !== "" && isBase64(text),
	date: isDate,
	datetime: isDateTime
};
const named = opaqueKind("format", (name) => name);
const optionals = opaqueKind("optional", (values) => celList(values));
function validate$1(name, text) {
	const isValid = formats[name]?.(text) === true;
	return optionals.wrap(isValid ? [] : [celList([`is no ${name}`])]);
}
function formatFunctions() {
	return [
		...Object.keys(formats).map((name) => celFunc(`format.${name}`, [], DYN$2, () => named.wrap(name))),
		celFunc("format.named", [STRING$2], DYN$2, (name) => optionals.wrap(Object.hasOwn(formats, name) ? [named.wrap(name)] : [])),
		named.method("validate", [STRING$2], (name, text) => validate$1(name, typeof text === "string" ? text : "")),
		celFunc("optional.none", [], DYN$2, () => optionals.wrap([])),
		celFunc("optional.of", [DYN$2], DYN$2, (value) => optionals.wrap([value])),
		optionals.method("hasValue", [], ({ length }) => length > 0),
		optionals.method("value", [], ([value]) => {
			if (value === void 0) throw new Error("invalid use of an optional value that is not there");
			return value;
		}),
		optionals.method("orValue", [DYN$2], ([value], other) => value ?? other ?? null)
	];
}

// src/expressions/kubernetes/quantities.ts
const { BOOL, DYN: DYN$1, INT: INT$1, STRING: STRING$1 } = CelScalar;
const quantities = opaqueKind("quantity", ({ nanos }) => String(nanos));
function read(text) {
	const found = typeof text === "string" ? parseQuantity(text) : void 0;
	if (found === void 0) throw new Error("invalid quantity");
	return found;
}
function compare(left, right) {
	const other = quantities.unwrap(right).nanos;
	return left.nanos < other ? -1n : left.nanos > other ? 1n : 0n;
}
function operand(value) {
	return typeof value === "bigint" ? {
		nanos: value * nanosOfOne,
		isInteger: true
	} : quantities.unwrap(value);
}
function add(left, right, sign) {
	const nanos = left.nanos + sign * right.nanos;
	return {
		nanos,
		isInteger: nanos % 1000000000n === 0n && left.isInteger && right.isInteger
	};
}
function quantityFunctions() {
	const { method, wrap } = quantities;
	return [
		celFunc("quantity", [STRING$1], DYN$1, (text) => wrap(read(text))),
		celFunc("isQuantity", [STRING$1], BOOL, (text) => parseQuantity(text) !== void 0),
		celFunc("sign", [opaqueType], INT$1, (value) => {
			const { nanos } = quantities.unwrap(value);
			return nanos > 0n ? 1n : nanos < 0n ? -1n : 0n;
		}),
		method("isInteger", [], ({ isInteger }) => isInteger),
		method("asInteger", [], ({ nanos, isInteger }) => {
			if (!isInteger) throw new Error("invalid quantity for an integer");
			return nanos / nanosOfOne;
		}),
		method("asApproximateFloat", [], ({ nanos }) => Number(nanos) / Number(nanosOfOne)),
		method("isGreaterThan", [DYN$1], (left, right) => compare(left, right) > 0n),
		method("isLessThan", [DYN$1], (left, right) => compare(left, right) < 0n),
		method("compareTo", [DYN$1], (left, right) => compare(left, right)),
		method("add", [DYN$1], (left, right) => wrap(add(left, operand(right), 1n))),
		method("sub", [DYN$1], (left, right) => wrap(add(left, operand(right), -1n)))
	];
}

// src/expressions/captures.ts
const op = {
	alt: 1,
	altMatch: 2,
	capture: 3,
	emptyWidth: 4,
	match: 6,
	nop: 7,
	firstRune: 8,
	lastRune: 11
};
const at = {
	beginLine: 1,
	endLine: 2,
	beginText: 4,
	endText: 8,
	wordBoundary: 16,
	noWordBoundary: 32
};
function stepsOf$1(pattern) {
	return pattern.re2().prog.numInst();
}
function* findTexts(pattern, text) {
	const { prog } = pattern.re2();
	const runes = runesOf(text);
	let end = -1;
	for (let from = 0; from <= runes.length;) {
		const places = matchFrom(prog, runes, from);
		if (places === void 0) return;
		const [begin = 0, matchEnd = 0] = places;
		if (begin !== matchEnd || begin !== end) yield String.fromCodePoint(...runes.slice(begin, matchEnd));
		end = matchEnd;
		from = matchEnd > begin ? matchEnd : matchEnd + 1;
	}
}
function runesOf(text) {
	return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
function matchFrom(prog, runes, from) {
	let threads = [];
	let found;
	for (let position = from; position <= runes.length; position += 1) {
		const begun = found === void 0 ? [...threads, {
			pc: prog.start,
			places: [position]
		}] : threads;
		const context = contextAt(runes, position);
		const ready = follow(prog, begun, {
			position,
			context
		});
		const matching = ready.findIndex(({ pc }) => prog.getInst(pc).op === op.match);
		const alive = matching < 0 ? ready : ready.slice(0, matching);
		const best = ready[matching];
		if (best !== void 0) found = withPlace(best.places, 1, position);
		const rune = runes[position];
		threads = rune === void 0 ? [] : alive.flatMap((thread) => step(prog, thread, rune));
		if (threads.length === 0 && found !== void 0) break;
	}
	return found;
}
function follow(prog, threads, { position, context }) {
	const seen = /* @__PURE__ */ new Set();
	const ready = [];
	const open = threads.toReversed();
	for (let thread = open.pop(); thread !== void 0; thread = open.pop()) {
		const { pc, places } = thread;
		if (seen.has(pc)) continue;
		seen.add(pc);
		const { op: code, out, arg } = prog.getInst(pc);
		if (code === op.alt || code === op.altMatch) open.push({
			pc: arg,
			places
		}, {
			pc: out,
			places
		});
		else if (code === op.nop) open.push({
			pc: out,
			places
		});
		else if (code === op.capture) open.push({
			pc: out,
			places: withPlace(places, arg, position)
		});
		else if (code === op.emptyWidth) {
			if ((arg & ~context) === 0) open.push({
				pc: out,
				places
			});
		} else ready.push(thread);
	}
	return ready;
}
function step(prog, { pc, places }, rune) {
	const instruction = prog.getInst(pc);
	return instruction.op >= op.firstRune && instruction.op <= op.lastRune && instruction.matchRune(rune) ? [{
		pc: instruction.out,
		places
	}] : [];
}
function withPlace(places, index, position) {
	const copy = [...places];
	while (copy.length < index) copy.push(-1);
	copy[index] = position;
	return copy;
}
function contextAt(runes, position) {
	const [before, after] = [runes[position - 1], runes[position]];
	const newline = 10;
	const begin = before === void 0 ? at.beginText | at.beginLine : 0;
	const end = after === void 0 ? at.endText | at.endLine : 0;
	const lines = (before === newline ? at.beginLine : 0) | (after === newline ? at.endLine : 0);
	const word = isWord(before) === isWord(after) ? at.noWordBoundary : at.wordBoundary;
	return begin | end | lines | word;
}
function isWord(rune) {
	return rune !== void 0 && /\w/u.test(String.fromCodePoint(rune));
}

// src/expressions/kubernetes/texts.ts
const { DYN, INT, STRING } = CelScalar;
function metered(one, meter) {
	const call = (target, args) => {
		spendText(one.name, target === void 0 ? args : [target, ...args], meter);
		const result = one.call(0, target, args);
		if (result === void 0 || isCelError(result)) throw result ?? /* @__PURE__ */ new Error(`${one.name} has no result`);
		return result;
	};
	if (one.target === void 0) return celFunc(one.name, one.arguments, one.result, (...args) => call(void 0, args));
	return celMethod(one.name, one.target, one.arguments, one.result, function callMethod(...args) {
		return call(this, args);
	});
}
function spendText(name, operands, meter) {
	for (const one of operands) if (isCelList(one)) spendWalk(one, meter);
	else meter.spend(1 + stepsOfText(one));
	const [target, first, second] = operands;
	if (name === "replace" && typeof target === "string" && typeof second === "string") meter.spend(Math.ceil((target.length + 1) * (second.length + 1) / 16));
	if (name === "join" && isCelList(target) && typeof first === "string") meter.spend(Math.ceil(target.size * first.length / 16));
}
function textFunctions(meter, patterns) {
	const find = (text, pattern, count) => {
		const known = patterns.get(pattern);
		if (known === void 0) throw new Error("find takes patterns that are written out");
		const found = [];
		const steps = (1 + text.length) * stepsOf$1(known.regexp);
		meter.spend(steps);
		for (const one of findTexts(known.regexp, text)) {
			if (found.length >= count) break;
			found.push(one);
			meter.spend(steps);
		}
		return found;
	};
	return [
		...strings_default.map((one) => metered(one, meter)),
		celMethod("find", STRING, [STRING], STRING, function callMethod(pattern) {
			return find(this, pattern, 1)[0] ?? "";
		}),
		celMethod("findAll", STRING, [STRING], DYN, function callMethod(pattern) {
			return celList(find(this, pattern, 1e400));
		}),
		celMethod("findAll", STRING, [STRING, INT], DYN, function callMethod(pattern, count) {
			return celList(find(this, pattern, count < 0n ? 1e400 : Number(count)));
		})
	];
}

// src/expressions/rule.ts
const types = [
	"int",
	"uint",
	"double",
	"bool",
	"string",
	"bytes",
	"list",
	"map",
	"null_type",
	"type"
];
const certain = /field not found|out of bounds|divide by zero|modulus|overflow|Cannot convert|invalid |no such key/u;
function createRuleCompiler(steps) {
	const compile = createCompiler({
		variables: ["self", ...types],
		subject: "rule",
		steps,
		functions: (meter, patterns) => [
			...textFunctions(meter, patterns),
			...equalityFunctions(meter),
			...listFunctions(meter),
			...quantityFunctions(),
			...addressFunctions(),
			...urlFunctions(),
			...formatFunctions()
		]
	});
	return (text) => {
		const program = compile(text);
		return { evaluate: (self) => {
			const evaluated = program.evaluate((meter) => ({ self: toCel(self, meter) }));
			return {
				...outcomeOf(evaluated),
				steps: evaluated.steps
			};
		} };
	};
}
function outcomeOf(evaluated) {
	if ("value" in evaluated) return {
		outcome: "value",
		value: evaluated.value
	};
	if (certain.test(evaluated.failed) && !/takes more than \d+ steps/u.test(evaluated.failed)) return { outcome: "failed" };
	return {
		outcome: "unchecked",
		reason: evaluated.failed
	};
}
function toCel(value, meter) {
	meter.spend(1);
	if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
	if (Array.isArray(value)) return celList(value.map((one) => toCel(one, meter)));
	if (isMap(value)) return celMap(new Map([...value].map(([key, one]) => [key, toCel(one, meter)])));
	const rest = value;
	if (rest.type !== "set") return toTime(rest);
	const list = celList(rest.items.map((one) => toCel(one, meter)));
	unordered.add(list);
	return list;
}
function isMap(value) {
	return value instanceof Map;
}
const timeMakers = {
	timestamp: plan(celEnv(), parse$1("timestamp(text)")),
	duration: plan(celEnv(), parse$1("duration(text)"))
};
function toTime({ type, text }) {
	const made = timeMakers[type]({ text: type === "timestamp" && /^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T00:00:00Z` : text });
	if (isCelError(made)) throw new Error(`invalid ${type}`, { cause: made });
	return made;
}

// src/schema/rule-values.ts
function withDefaults(value, node, budget) {
	spend(budget, 1);
	if (Array.isArray(value)) {
		const { items } = node;
		return items === void 0 ? value : value.map((one) => withDefaults(one, items, budget));
	}
	if (!isMap$1(value)) return value;
	const completed = /* @__PURE__ */ new Map();
	spend(budget, schemaLimits.copiedValue * (Object.keys(value).length + 1));
	for (const [key, one] of Object.entries(value)) {
		const child = memberOf(node, key);
		if (one === null && child?.nullable !== true) continue;
		completed.set(key, child === void 0 ? one : withDefaults(one, child, budget));
	}
	for (const [name, child] of Object.entries(node.properties ?? {})) {
		if (child.default === void 0 || completed.has(name)) continue;
		completed.set(name, withDefaults(child.default.value, child, budget));
	}
	return Object.fromEntries(completed);
}
function memberOf(node, key) {
	const { properties, additionalProperties } = node;
	if (properties !== void 0 && Object.hasOwn(properties, key)) return properties[key];
	return additionalProperties === true ? void 0 : additionalProperties;
}
const readers = {
	boolean: (value) => typeof value === "boolean" ? value : void 0,
	integer: toInteger,
	"int-or-string": (value) => typeof value === "string" ? value : toInteger(value),
	number: (value) => typeof value === "number" ? value : void 0,
	string: (value, { format }) => typeof value === "string" ? toText(value, format) : void 0,
	array: toList,
	object: (value, node, inner) => isMap$1(value) ? toMap(value, node, inner) : void 0,
	quantity: () => void 0
};
function toRuleValue(value, node, budget) {
	const read = (one, schema) => {
		spend(budget, 1);
		if (one === null) return null;
		return schema.type === void 0 ? void 0 : readers[schema.type](one, schema, read);
	};
	return read(value, node);
}
function toInteger(value) {
	return Number.isInteger(value) ? BigInt(Number(value)) : void 0;
}
function toText(text, format) {
	if (format === "date" || format === "date-time") return {
		type: "timestamp",
		text
	};
	if (format === "duration") return {
		type: "duration",
		text
	};
	return format === "byte" ? Uint8Array.from(Buffer.from(text, "base64")) : text;
}
function toList(value, { items, uniqueBy }, inner) {
	if (!Array.isArray(value) || items === void 0) return void 0;
	const list = value.map((one) => inner(one, items));
	if (!list.every((one) => one !== void 0)) return void 0;
	return uniqueBy === void 0 ? list : {
		type: "set",
		items: list
	};
}
function toMap(map, node, inner) {
	const { properties, additionalProperties } = node;
	const found = /* @__PURE__ */ new Map();
	for (const [key, one] of Object.entries(map)) {
		const isProperty = properties !== void 0 && Object.hasOwn(properties, key);
		const child = isProperty ? properties[key] : additionalProperties;
		const name = isProperty ? escapeName(key) : key;
		if (child === void 0 || child === true || name === void 0) continue;
		const value = inner(one, child);
		if (value !== void 0) found.set(name, value);
	}
	if (node.isEmbedded !== true) return found;
	return new Map([...found, ...toMap(map, identity, inner)]);
}
const text = { type: "string" };
const identity = {
	type: "object",
	properties: {
		apiVersion: text,
		kind: text,
		metadata: {
			type: "object",
			properties: {
				name: text,
				generateName: text
			}
		}
	}
};
const reserved = new Set("true false null in as break const continue else for function if import let loop package namespace return void var while".split(" "));
const escapes = {
	__: "__underscores__",
	".": "__dot__",
	"-": "__dash__",
	"/": "__slash__"
};
function escapeName(name) {
	if (!/^[A-Za-z_.\-/][\w.\-/]*$/u.test(name)) return void 0;
	if (reserved.has(name)) return `__${name}__`;
	return name.replaceAll(/__|[.\-/]/gu, (part) => escapes[part] ?? part);
}

// src/schema/check-rules.ts
function createRuleChecker(budget) {
	const compiled = /* @__PURE__ */ new Map();
	let compile;
	return (object, { root, isBuiltIn, hasStatusSubresource }) => {
		if (isBuiltIn || !hasRules(root) || !isMap$1(object)) return {
			problems: [],
			unchecked: []
		};
		compile ??= createRuleCompiler(schemaLimits.ruleSteps);
		const run = {
			budget,
			compile,
			compiled,
			problems: [],
			unchecked: /* @__PURE__ */ new Map()
		};
		const node = {
			...root,
			isEmbedded: true
		};
		const { status, ...rest } = object;
		checkSpot(run, {
			value: withDefaults(hasStatusSubresource || status === void 0 ? rest : object, node, budget),
			node,
			place: void 0
		});
		const unchecked = [...run.unchecked].map(([rule, reason]) => ({
			rule,
			reason
		}));
		return {
			problems: run.problems,
			unchecked
		};
	};
}
const known = /* @__PURE__ */ new WeakMap();
function hasRules(node) {
	const found = known.get(node);
	if (found !== void 0) return found;
	const { rules, properties, items, additionalProperties, allOf } = node;
	const inner = [
		...Object.values(properties ?? {}),
		...items === void 0 ? [] : [items],
		...additionalProperties === void 0 || additionalProperties === true ? [] : [additionalProperties],
		...allOf ?? []
	];
	const has = rules !== void 0 || inner.some(hasRules);
	known.set(node, has);
	return has;
}
function checkSpot(run, spot) {
	const { value, node, place } = spot;
	spend(run.budget, 1);
	if (value === null || value === void 0) return;
	let self;
	const read = () => self ??= toRuleValue(value, node, run.budget);
	checkRulesOf$1(run, {
		place,
		read
	}, node);
	if (Array.isArray(value)) {
		const { items } = node;
		if (items === void 0 || !hasRules(items)) return;
		for (const [index, one] of value.entries()) checkSpot(run, {
			value: one,
			node: items,
			place: {
				parent: place,
				step: `${index}`
			}
		});
	} else if (isMap$1(value)) for (const [key, one] of Object.entries(value)) {
		const child = memberOf(node, key);
		if (child === void 0 || !hasRules(child)) continue;
		checkSpot(run, {
			value: one,
			node: child,
			place: {
				parent: place,
				step: key
			}
		});
	}
}
function checkRulesOf$1(run, of, { rules, allOf }) {
	const self = rules === void 0 ? void 0 : of.read();
	if (self !== void 0) for (const rule of rules ?? []) checkRule(run, {
		place: of.place,
		self,
		rule
	});
	for (const node of allOf ?? []) checkRulesOf$1(run, of, node);
}
function checkRule(run, { self, rule, place }) {
	if (run.problems.length >= resourceLimits.problems) return;
	const outcome = evaluate(run, rule.text, self);
	if (outcome.outcome === "unchecked") {
		run.unchecked.set(rule, outcome.reason);
		return;
	}
	if (outcome.outcome === "value" && outcome.value === true) return;
	if (outcome.outcome === "value" && outcome.value !== false) {
		run.unchecked.set(rule, "its result is no boolean");
		return;
	}
	const failed = outcome.outcome === "failed";
	run.problems.push({
		code: "FIELD_INVALID",
		path: [...pathOf(place), ...rule.fieldPath],
		expected: failed ? "a value that its rule can be evaluated of" : messageOf(run, rule, self),
		found: "a value that breaks a rule",
		rule: shorten(rule.text)
	});
}
function messageOf(run, { text, message, messageExpression }, self) {
	if (messageExpression !== void 0) {
		const outcome = evaluate(run, messageExpression, self);
		const said = outcome.outcome === "value" ? outcome.value : void 0;
		if (typeof said === "string" && said.trim() !== "" && !said.includes("\n")) return shorten(said);
	}
	return shorten(message ?? `failed rule: ${text}`);
}
function evaluate(run, text, self) {
	const rule = compileOnce(run, text);
	if (typeof rule === "string") return {
		outcome: "unchecked",
		reason: rule
	};
	const { steps, ...outcome } = rule.evaluate(self);
	spend(run.budget, steps);
	return outcome;
}
function compileOnce({ compiled, compile, budget }, text) {
	const found = compiled.get(text);
	if (found !== void 0) return found;
	spend(budget, schemaLimits.ruleCompiling + text.length * schemaLimits.ruleCharacter);
	let made;
	try {
		made = compile(text);
	} catch (cause) {
		if (!(cause instanceof ExpressionError)) throw cause;
		made = cause.message;
	}
	compiled.set(text, made);
	return made;
}
function shorten(text) {
	const line = text.trim().replaceAll(/\s+/gu, " ");
	return line.length > schemaLimits.ruleMessage ? `${line.slice(0, schemaLimits.ruleMessage)}\u2026` : line;
}

// src/schema/patterns.ts
const partsPerStep = 16;
function compilePattern(text) {
	const { patternLength, patternParts } = schemaLimits;
	if (text.length > patternLength) throw new Error(`pattern has ${text.length} characters, more than ${patternLength}`);
	const parts = text.length * repetitionsOf(text);
	if (parts > patternParts) throw new Error(`pattern repeats its parts to more than ${patternParts} characters`);
	try {
		const regexp = RE2JS.compile(text);
		return {
			text,
			weight: Math.ceil(parts / partsPerStep),
			test: (value) => regexp.test(value)
		};
	} catch (cause) {
		throw new Error(`pattern is no regular expression of RE2: ${errorMessageOf(cause, 200)}`, { cause });
	}
}
function repetitionsOf(text) {
	return [...text.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/gu)].map(([, least, most]) => Math.max(1, Number(most || least))).reduce((product, count) => Math.min(product * count, 1e3), 1);
}

// src/schema/rules.ts
const rulesSchema = array(looseObject({
	rule: string(),
	message: string().nullish(),
	messageExpression: string().nullish(),
	fieldPath: string().nullish()
}));
function readRules(rules, path) {
	const read = rules.map(({ rule, message, messageExpression, fieldPath }, index) => ({
		text: rule,
		...typeof message === "string" && message !== "" ? { message } : {},
		...typeof messageExpression === "string" && messageExpression !== "" ? { messageExpression } : {},
		fieldPath: stepsOf(fieldPath ?? ""),
		path: [
			...path,
			`${index}`,
			"rule"
		]
	})).filter(({ text }) => text.trim() !== "" && !usesOldObject(text));
	return read.length === 0 ? {} : { rules: read };
}
function usesOldObject(text) {
	return /\boldSelf\b/u.test(text);
}
function stepsOf(path) {
	return [...path.matchAll(/\.([\w-]+)|\['((?:[^'\\]|\\.)*)'\]/gu)].map(([, name, quoted = ""]) => name ?? quoted.replaceAll(/\\(.)/gu, "$1"));
}

// src/schema/definitions.ts
const stepsOfCompiling = 10;
var DefinitionError = class extends Error {
	path;
	constructor(path, message) {
		super(message);
		this.path = path;
	}
};
const definitionSchema = looseObject({ spec: looseObject({
	group: string(),
	names: looseObject({ kind: string() }),
	preserveUnknownFields: boolean().nullish(),
	versions: array(looseObject({
		name: string(),
		served: boolean().nullish(),
		schema: looseObject({ openAPIV3Schema: unknown().optional() }).nullish(),
		subresources: looseObject({ status: unknown().optional() }).nullish()
	}))
}) });
const count = int().nonnegative().nullish();
const nodes = array(unknown()).nullish();
const nodeSchema = looseObject({
	$ref: _undefined("is not allowed in a CRD").optional(),
	type: _enum([
		"",
		"object",
		"array",
		"string",
		"integer",
		"number",
		"boolean"
	]).nullish(),
	format: string().nullish(),
	properties: record(string(), unknown()).nullish(),
	required: array(string()).nullish(),
	items: unknown().optional(),
	additionalProperties: union([boolean(), record(string(), unknown())], "must be a boolean or a schema").nullish(),
	enum: array(unknown()).nullish(),
	pattern: string().nullish(),
	minimum: number().nullish(),
	maximum: number().nullish(),
	exclusiveMinimum: boolean().nullish(),
	exclusiveMaximum: boolean().nullish(),
	multipleOf: number().positive().nullish(),
	minLength: count,
	maxLength: count,
	minItems: count,
	maxItems: count,
	uniqueItems: boolean().nullish(),
	minProperties: count,
	maxProperties: count,
	nullable: boolean().nullish(),
	default: unknown().optional(),
	allOf: nodes,
	anyOf: nodes,
	oneOf: nodes,
	not: unknown().optional(),
	"x-kubernetes-preserve-unknown-fields": boolean().nullish(),
	"x-kubernetes-int-or-string": boolean().nullish(),
	"x-kubernetes-embedded-resource": boolean().nullish(),
	"x-kubernetes-list-type": string().nullish(),
	"x-kubernetes-list-map-keys": array(string()).nullish(),
	"x-kubernetes-validations": rulesSchema.nullish()
});
const plainKeys = [
	"format",
	"required",
	"enum",
	"minimum",
	"maximum",
	"exclusiveMinimum",
	"exclusiveMaximum",
	"multipleOf",
	"minLength",
	"maxLength",
	"minItems",
	"maxItems",
	"uniqueItems",
	"minProperties",
	"maxProperties",
	"nullable"
];
function definedKindOf(object) {
	const spec = isMap$1(object) && isMap$1(object["spec"]) ? object["spec"] : {};
	const names = isMap$1(spec["names"]) ? spec["names"] : {};
	const { group } = spec;
	const { kind } = names;
	return typeof group === "string" && typeof kind === "string" ? {
		group,
		kind
	} : void 0;
}
function readDefinition(object, budget) {
	const { group, names, versions, preserveUnknownFields } = parse(definitionSchema, object, []).spec;
	const preservesUnknown = preserveUnknownFields === true ? { preservesUnknown: true } : {};
	const read = versions.map(({ name, served, schema, subresources }, index) => {
		const path = [
			"spec",
			"versions",
			`${index}`,
			"schema",
			"openAPIV3Schema"
		];
		if (schema?.openAPIV3Schema === void 0) throw new DefinitionError(path.slice(0, 3), "version has no schema");
		const root = {
			...readNode({
				nodes: 0,
				patternsParts: 0,
				budget
			}, {
				value: schema.openAPIV3Schema,
				path,
				depth: 0
			}),
			...preservesUnknown
		};
		const hasStatusSubresource = isMap$1(subresources?.status);
		return [name, served === true ? {
			root,
			isBuiltIn: false,
			hasStatusSubresource
		} : void 0];
	});
	return {
		group,
		kind: names.kind,
		versions: new Map(read)
	};
}
function parse(schema, value, path) {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const [issue] = result.error.issues;
	throw new DefinitionError([...path, ...(issue?.path ?? []).map(String)], issue?.message ?? "is not valid");
}
function readNode(reading, { value, path, depth }) {
	reading.nodes += 1;
	spend(reading.budget, 1);
	if (reading.nodes > schemaLimits.nodes) throw new DefinitionError(path, `schema has more than ${schemaLimits.nodes} parts`);
	if (depth > schemaLimits.depth) throw new DefinitionError(path, `schema nests deeper than ${schemaLimits.depth} levels`);
	const raw = parse(nodeSchema, value, path);
	const inner = (child, ...steps) => readNode(reading, {
		value: child,
		path: [...path, ...steps],
		depth: depth + 1
	});
	const list = (key) => {
		const found = raw[key]?.map((child, index) => inner(child, key, `${index}`));
		return found === void 0 || found.length === 0 ? {} : { [key]: found };
	};
	return {
		...Object.fromEntries(plainKeys.flatMap((key) => raw[key] === null || raw[key] === void 0 ? [] : [[key, raw[key]]])),
		...readType(raw),
		...readMembers(raw, inner),
		...raw.pattern === void 0 || raw.pattern === null ? {} : { pattern: readPattern(reading, raw.pattern, [...path, "pattern"]) },
		...raw.default === void 0 ? {} : { default: { value: raw.default } },
		...readRules(raw["x-kubernetes-validations"] ?? [], [...path, "x-kubernetes-validations"]),
		...list("allOf"),
		...list("anyOf"),
		...list("oneOf"),
		...isMap$1(raw.not) ? { not: inner(raw.not, "not") } : {}
	};
}
function readType(raw) {
	const { type } = raw;
	const named = type === "" || type === null ? void 0 : type;
	const uniqueBy = raw["x-kubernetes-list-type"] === "map" ? raw["x-kubernetes-list-map-keys"] ?? [] : [];
	const isUnique = /^(?:map|set)$/u.test(raw["x-kubernetes-list-type"] ?? "");
	return {
		...raw["x-kubernetes-int-or-string"] === true ? { type: "int-or-string" } : named === void 0 ? {} : { type: named },
		...raw["x-kubernetes-preserve-unknown-fields"] === true ? { preservesUnknown: true } : {},
		...raw["x-kubernetes-embedded-resource"] === true ? { isEmbedded: true } : {},
		...isUnique ? { uniqueBy } : {}
	};
}
function readMembers(raw, inner) {
	const { properties, items, additionalProperties } = raw;
	const named = Object.entries(properties ?? {}).map(([name, child]) => [name, inner(child, "properties", name)]);
	return {
		...named.length === 0 ? {} : { properties: Object.fromEntries(named) },
		...items === void 0 || items === null ? {} : { items: inner(items, "items") },
		...additionalProperties === true ? { additionalProperties } : {},
		...isMap$1(additionalProperties) ? { additionalProperties: inner(additionalProperties, "additionalProperties") } : {}
	};
}
function readPattern(reading, text, path) {
	try {
		const pattern = compilePattern(text);
		reading.patternsParts += pattern.weight;
		spend(reading.budget, pattern.weight * stepsOfCompiling);
		if (reading.patternsParts <= schemaLimits.patternsParts) return pattern;
	} catch (cause) {
		if (cause instanceof CheckLimitError) throw cause;
		throw new DefinitionError(path, errorMessageOf(cause, 400));
	}
	throw new DefinitionError(path, "patterns of the schema are too long together");
}

// src/operations/check.ts
async function checkResources(checked, { definitions = {
	files: [],
	resources: []
}, target } = {}) {
	const budget = createBudget();
	const schemas = await loadBuiltIn();
	const work = {
		schemas,
		minor: parseKubernetesVersion(target ?? schemas.version, schemas.version),
		hasTarget: target !== void 0,
		budget,
		checkRules: createRuleChecker(budget),
		uncheckedRules: /* @__PURE__ */ new Set(),
		definitions: findDefinitions([...definitions.resources, ...checked.resources]),
		problems: [],
		warnings: []
	};
	for (const parsed of checked.resources) if (work.problems.length >= resourceLimits.problems || !checkWithin(work, parsed)) break;
	const files = [...checked.files, ...definitions.files];
	return {
		kubernetesVersion: work.schemas.version,
		problems: locate(files, work.problems.slice(0, resourceLimits.problems)),
		warnings: locate(files, work.warnings.slice(0, resourceLimits.problems)),
		unchecked: work.warnings.filter(({ code }) => code === "KIND_WITHOUT_SCHEMA" || code === "API_NOT_SERVED").length
	};
}
function isDefinition({ apiVersion, kind }) {
	return kind === "CustomResourceDefinition" && apiVersion === "apiextensions.k8s.io/v1";
}
function findDefinitions(resources) {
	const found = /* @__PURE__ */ new Map();
	for (const parsed of resources) {
		const defined = isDefinition(parsed.resource) ? definedKindOf(parsed.resource) : void 0;
		if (defined !== void 0) found.set(`${defined.group}/${defined.kind}`, { parsed });
	}
	return found;
}
function checkWithin(work, parsed) {
	try {
		checkResource(work, parsed);
		return true;
	} catch (cause) {
		if (!(cause instanceof CheckLimitError)) throw cause;
		work.problems.push({
			parsed,
			code: "RESOURCE_LIMIT",
			path: [],
			message: cause.message
		});
		return false;
	}
}
function checkResource(work, parsed) {
	const { resource } = parsed;
	if (isMap$1(resource["sops"])) {
		warn(work, parsed, "is encrypted by sops, and is not checked");
		return;
	}
	if (isDefinition(resource)) {
		const defined = definedKindOf(resource);
		if (defined !== void 0) readOnce(work, `${defined.group}/${defined.kind}`);
	}
	const schema = findSchema(work, parsed, checkLifecycle(work, parsed));
	if (schema === void 0) return;
	const problems = checkObject(resource, schema, {
		definitions: work.schemas.definitions,
		budget: work.budget
	});
	work.problems.push(...problems.map((problem) => toFinding(parsed, problem)));
	if (problems.some(({ code }) => code !== "FIELD_UNKNOWN")) return;
	work.problems.push(...checkKind(resource).map((problem) => toFinding(parsed, problem)));
	checkRulesOf(work, parsed, schema);
}
function checkRulesOf(work, parsed, schema) {
	const { group, kind } = identityOf(parsed.resource);
	const { problems, unchecked } = work.checkRules(parsed.resource, schema);
	work.problems.push(...problems.map((problem) => toFinding(parsed, problem)));
	const definition = work.definitions.get(`${group}/${kind}`)?.parsed;
	for (const { rule, reason } of unchecked) {
		if (definition === void 0 || work.uncheckedRules.has(rule)) continue;
		work.uncheckedRules.add(rule);
		const message = `a rule of ${kind} is not checked here: ${reason.slice(0, 200)}`;
		work.warnings.push({
			parsed: definition,
			code: "RULE_UNCHECKED",
			path: rule.path,
			message
		});
	}
}
function checkLifecycle(work, parsed) {
	const { apiVersion, kind } = parsed.resource;
	const found = apiStateAt(work.minor, apiVersion, kind);
	if (found === void 0 || found.state === "served") return true;
	const { state, since, removed, instead } = found;
	const what = `${kind} of ${apiVersion}`;
	const finding = {
		parsed,
		path: ["apiVersion"],
		...hintOf(instead)
	};
	if (state === "deprecated") {
		const message = `${what} is deprecated since Kubernetes 1.${since}${removed === void 0 ? "" : `, and goes in 1.${removed}`}`;
		work.warnings.push({
			...finding,
			code: "API_DEPRECATED",
			message
		});
		return true;
	}
	const message = state === "removed" ? `${what} is not served since Kubernetes 1.${since}` : `${what} is served from Kubernetes 1.${since} on, and not by 1.${work.minor}`;
	(work.hasTarget ? work.problems : work.warnings).push({
		...finding,
		code: "API_NOT_SERVED",
		message
	});
	return false;
}
function hintOf(instead) {
	return instead === "" ? {} : { hint: `Write ${instead} instead, and see what fields are others there.` };
}
function findSchema(work, parsed, isServed) {
	const { apiVersion, kind } = parsed.resource;
	const builtIn = builtInKind(work.schemas, apiVersion, kind);
	if (builtIn !== void 0) return builtIn;
	const { group, version } = identityOf(parsed.resource);
	const key = `${group}/${kind}`;
	if (!work.definitions.has(key)) {
		if (!isServed) return void 0;
		const hint = isGroupBuiltIn(work.schemas, group) ? `Kubernetes ${work.schemas.version} does not serve it; perhaps another version of the kind.` : "Give the folder of its CustomResourceDefinition with --crds.";
		warn(work, parsed, `has no schema here for ${kind} of ${apiVersion}`, hint);
		return;
	}
	const definition = readOnce(work, key);
	const schema = definition?.versions.get(version);
	if (definition !== void 0 && schema === void 0) {
		const message = `its CustomResourceDefinition does not serve version ${version}, only ${[...definition.versions].flatMap(([name, one]) => one === void 0 ? [] : [name]).join(", ")}`;
		work.problems.push({
			parsed,
			code: "FIELD_INVALID",
			path: ["apiVersion"],
			message
		});
	}
	return schema;
}
function isGroupBuiltIn({ kinds }, group) {
	return Object.keys(kinds).some((key) => group === "" ? /^v\d/u.test(key) : key.startsWith(`${group}/`));
}
function readOnce(work, key) {
	const defined = work.definitions.get(key);
	if (defined === void 0 || Object.hasOwn(defined, "definition")) return defined?.definition;
	const { parsed } = defined;
	defined.definition = void 0;
	try {
		defined.definition = readDefinition(parsed.resource, work.budget);
	} catch (cause) {
		if (!(cause instanceof DefinitionError)) throw cause;
		const message = `${formatPath(cause.path)}: ${cause.message}`;
		work.problems.push({
			parsed,
			code: "SCHEMA_INVALID",
			path: cause.path,
			message
		});
	}
	return defined.definition;
}
function warn(work, parsed, what, hint) {
	const message = `${formatIdentity(identityOf(parsed.resource))} ${what}`;
	work.warnings.push({
		parsed,
		code: "KIND_WITHOUT_SCHEMA",
		path: [],
		message,
		...hint === void 0 ? {} : { hint }
	});
}
function toFinding(parsed, problem) {
	const { code, path, expected, found, rule } = problem;
	const field = formatPath(path);
	if (rule !== void 0) return {
		parsed,
		code,
		path,
		message: `${field === "" ? "" : `${field}: `}${expected} (rule: ${rule})`,
		details: {
			field,
			expected,
			found,
			rule
		}
	};
	return {
		parsed,
		code,
		path,
		message: code === "FIELD_UNKNOWN" ? `${field}: ${expected}` : `${field}: expected ${expected}, found ${found}`,
		details: {
			field,
			expected,
			found
		}
	};
}
function locate(files, findings) {
	const places = /* @__PURE__ */ new Map();
	for (const { path: file, bytes } of files) {
		const here = findings.filter(({ parsed }) => parsed.location.file === file);
		if (here.length === 0) continue;
		const wanted = here.map(({ parsed, path }) => ({
			location: parsed.location,
			path
		}));
		const located = locateFields(file, bytes, wanted);
		for (const [index, finding] of here.entries()) {
			const { code, message, details, hint, parsed } = finding;
			const options = {
				...details && { details },
				...hint !== void 0 && { hint }
			};
			places.set(finding, new ResourceError(code, message, located[index] ?? parsed.location, options));
		}
	}
	return findings.flatMap((finding) => places.get(finding) ?? []);
}

// src/operations/fit.ts
async function assertFit(checked, { isStrict = false, ...options } = {}) {
	const { problems, ...result } = await checkResources(checked, options);
	const unchecked = isStrict ? result.warnings.filter(({ code }) => code !== "API_DEPRECATED") : [];
	refuse([...problems, ...unchecked]);
	return result;
}
function refuse(problems) {
	const [first, ...rest] = problems;
	if (first === void 0) return;
	const count = problems.length;
	throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? "" : "s"} in the files`);
}
function describeFit({ kubernetesVersion, unchecked }, count) {
	return `${count - unchecked} of ${count} objects fit Kubernetes ${kubernetesVersion}`;
}

// src/operations/publish.ts
function prepare(request, { log }) {
	const { files, annotations, tags, allowPlaintextSecrets = false } = request;
	for (const tag of tags) parseTag(tag);
	const sources = files.filter(({ path }) => isResourceFile(path));
	const parsed = readResources(sources);
	if (!allowPlaintextSecrets) refusePlaintextSecrets(sources, parsed, sealedMembersOf);
	else request.onPlaintextSecrets?.(findPlaintextSecrets(sources, parsed, sealedMembersOf));
	const resources = parsed.map(({ resource }) => formatIdentity(identityOf(resource)));
	log(`validated ${resources.length} objects in ${sources.length} files`);
	const checked = {
		files: sources,
		resources: parsed
	};
	return {
		packed: packArtifact(files, annotations),
		resources,
		checked
	};
}
async function validate({ checked }, { log }) {
	const result = await assertFit(checked);
	log(describeFit(result, checked.resources.length));
	for (const { code, message } of result.warnings) log(`warning: ${code}: ${message}`);
	return result.warnings;
}
async function publish(request, ports) {
	const { store, tags } = request;
	const { signal } = ports;
	const prepared = prepare(request, ports);
	const { packed, resources } = prepared;
	const warnings = request.validate === true ? await validate(prepared, ports) : [];
	const { digest } = packed.manifest.descriptor;
	const present = await findTags(store, tags, digest, signal);
	await pushArtifact(store, packed, signal);
	ports.log(`pushed ${digest} (${packed.layer.bytes.byteLength} bytes)`);
	const signing = signingOf(request, ports);
	const signed = signing === void 0 ? [] : await ensureSigned(store, packed.manifest.descriptor, signing, ports);
	await readBack(store, packed, signal);
	ports.log("read back and verified");
	for (const tag of tags.filter((candidate) => !present.has(candidate))) {
		await findTags(store, [tag], digest, signal);
		await writeTag(store, packed.manifest, tag, signal);
		ports.log(`tagged ${tag}`);
	}
	return {
		digest,
		tags,
		isChanged: tags.some((tag) => !present.has(tag)),
		signatureDigest: signed[0]?.digest,
		signed,
		resources,
		size: packed.layer.bytes.byteLength,
		warnings
	};
}
async function findTags(store, tags, digest, signal) {
	const present = /* @__PURE__ */ new Set();
	for (const tag of tags) {
		const current = await resolveTag(store, tag, signal);
		if (current === digest) present.add(tag);
		else if (current !== void 0) throw new PromotionError("TAG_EXISTS", `tag ${tag} shows ${current} already`, { hint: "Published tags are immutable: choose another, or move a channel with `sealift promote`." });
	}
	return present;
}
async function resolveTag(store, tag, signal) {
	try {
		return (await store.resolve(tag, signal)).descriptor.digest;
	} catch (error) {
		if (error instanceof ContentError && error.code === "CONTENT_MISSING") return void 0;
		throw error;
	}
}
async function writeTag(store, manifest, tag, signal) {
	await store.tag(manifest, tag, signal);
	const shown = await resolveTag(store, tag, signal);
	if (shown !== manifest.descriptor.digest) throw new PromotionError("TAG_MOVED", `tag ${tag} was written, but shows ${shown ?? "nothing"}`, { hint: "Somebody else wrote it at the same time; see who, then run this again." });
}
function signingOf(request, ports) {
	const { signer, files, tags, annotations, provenance, repository = "" } = request;
	const { signatureFormats: formats } = request;
	if (signer === void 0) return void 0;
	return {
		signer,
		repository,
		...formats === void 0 ? {} : { formats },
		...provenance === void 0 ? {} : { attestations: [provenanceOf({
			...provenance,
			files: files.length,
			repository,
			tags,
			annotations,
			finishedMs: ports.now()
		})] }
	};
}
async function readBack(store, { manifest, tar }, signal) {
	const shown = await store.resolve(manifest.descriptor.digest, signal);
	const layer = artifactLayer(parseManifest(shown.bytes));
	await assertLayerHolds(fetchLayer(store, layer, signal), tar);
}

// src/signing/der.ts
const tags = {
	integer: 2,
	bitString: 3,
	octetString: 4,
	null: 5,
	oid: 6,
	sequence: 48
};
function derElement(tag, ...parts) {
	const content = Buffer.concat(parts);
	return Buffer.concat([Buffer.from([tag, ...lengthOf(content.byteLength)]), content]);
}
function derSequence(...parts) {
	return derElement(tags.sequence, ...parts);
}
function derInteger(bytes) {
	const start = bytes.findIndex((byte) => byte !== 0);
	const digits = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
	const isSigned = (digits[0] ?? 0) >= 128;
	return derElement(tags.integer, isSigned ? Uint8Array.of(0) : Uint8Array.of(), digits);
}
function derBitString(bytes) {
	return derElement(tags.bitString, Uint8Array.of(0), bytes);
}
function derOctetString(bytes) {
	return derElement(tags.octetString, bytes);
}
function derNull() {
	return derElement(tags.null);
}
function derBoolean(value) {
	return derElement(1, Uint8Array.of(value ? 255 : 0));
}
function derOid(text) {
	const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
	return derElement(tags.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}
function base128(arc) {
	const digits = [arc % 128];
	for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(left % 128 | 128);
	return digits;
}
function lengthOf(length) {
	if (length < 128) return [length];
	const digits = [];
	for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
	return [128 | digits.length, ...digits];
}

// src/signing/keyless/services.ts
const publicServices = {
	fulcioUrl: "https://fulcio.sigstore.dev/",
	logs: [{
		url: "https://rekor.sigstore.dev/",
		version: 1
	}],
	timestampUrls: ["https://timestamp.sigstore.dev/api/v1/timestamp"]
};
function endpoint(base, path) {
	return new URL(path, base.endsWith("/") ? base : `${base}/`);
}
function parseServiceUrl(text, name) {
	const url = URL.canParse(text) ? new URL(text) : void 0;
	const isPlain = url !== void 0 && /^https?:$/u.test(url.protocol) && url.username === "" && url.password === "";
	if (url !== void 0 && isPlain && url.search === "" && url.hash === "") {
		if (url.protocol === "https:" || isLoopback(url.hostname)) return url.href;
		throw new InputError("INPUT_INVALID", `${name} is an http URL, which is taken for loopback addresses only`);
	}
	throw new InputError("INPUT_INVALID", `${name} is no http or https URL without credentials and query`);
}
function isLoopback(host) {
	return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/u.test(host);
}
function parseTimestampUrl(text, name) {
	const url = new URL(parseServiceUrl(text, name));
	return url.pathname === "/" ? endpoint(url.href, "api/v1/timestamp").href : url.href;
}
const serviceSchema = object({
	url: string().max(2048),
	majorApiVersion: int().min(0),
	validFor: object({
		start: string().max(64),
		end: string().max(64).optional()
	}).optional(),
	operator: string().max(512).default("")
});
const servicesSchema = array(serviceSchema).max(signingLimits.signingServices).default([]);
const selectionSchema = object({
	selector: _enum([
		"SERVICE_SELECTOR_UNDEFINED",
		"ALL",
		"ANY",
		"EXACT"
	]).optional(),
	count: int().min(0).optional()
}).default({});
const configSchema = object({
	mediaType: literal("application/vnd.dev.sigstore.signingconfig.v0.2+json"),
	caUrls: servicesSchema,
	rekorTlogUrls: servicesSchema,
	rekorTlogConfig: selectionSchema,
	tsaUrls: servicesSchema,
	tsaConfig: selectionSchema
});
const publicHost = /(?:^|\.)sigst(?:ore|age)\.dev$/u;
function publicServiceOf({ fulcioUrl, logs, timestampUrls }) {
	return [
		fulcioUrl,
		...logs.map(({ url }) => url),
		...timestampUrls
	].find(isPublicService);
}
function isPublicService(url) {
	return publicHost.test(new URL(url).hostname.replace(/\.+$/u, ""));
}
function assertUsable(services, isPublicAllowed) {
	const { logs, timestampUrls } = services;
	const found = publicServiceOf(services);
	if (found !== void 0 && !isPublicAllowed) throw new SigningError("PUBLIC_LOG_REFUSED", `${new URL(found).host} belongs to the public Sigstore`, { hint: "It publishes names of repositories and workflows for ever; where that is wanted, say --allow-public-log." });
	if (timestampUrls.length === 0 && !logs.some(({ version }) => version === 1)) throw new InputError("INPUT_MISSING", "signing services name no timestamp authority", { hint: "Give --timestamp-url: certificates last minutes, and only a timestamp (or Rekor v1) shows when they were used." });
}

// src/signing/keyless/fulcio.ts
const chainSchema = object({ chain: object({ certificates: array(string().max(32768)).min(1).max(signingLimits.certificateChain) }) });
const answerSchema$1 = union([object({ signedCertificateEmbeddedSct: chainSchema }).transform((it) => it.signedCertificateEmbeddedSct), object({ signedCertificateDetachedSct: chainSchema }).transform((it) => it.signedCertificateDetachedSct)]);
async function certify(ask, url, token, signal) {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const request = {
		service: "certificate authority",
		code: "CERTIFICATE_FAILED",
		hint: "See that it trusts the issuer of the identity token, and that the token is fresh and for its audience.",
		method: "POST",
		url: endpoint(url, "api/v2/signingCert"),
		headers: {
			"content-type": "application/json",
			accept: "application/json"
		},
		body: Buffer.from(JSON.stringify({
			credentials: { oidcIdentityToken: token },
			certificateSigningRequest: Buffer.from(formatRequest$1(publicKey, privateKey)).toString("base64")
		}))
	};
	const { body } = await ask(request, signal);
	let certificates;
	try {
		const { chain } = answerSchema$1.parse(JSON.parse(body.toString("utf8")));
		certificates = chain.certificates.map((pem) => new X509Certificate(pem));
	} catch {
		throw serviceError(request, "gave no certificates that can be read");
	}
	const [leaf, ...chain] = certificates;
	if (leaf === void 0 || !leaf.publicKey.equals(createPublicKey(privateKey))) throw serviceError(request, "gave a certificate for another key");
	const identity = readIdentity(leaf.raw);
	if (typeof identity === "string") throw serviceError(request, `gave something that ${identity}`);
	return {
		privateKey,
		certificate: leaf.raw,
		chain: chain.map(({ raw }) => raw),
		identity,
		endsAtMs: leaf.validToDate.getTime()
	};
}
function formatRequest$1(publicKey, privateKey) {
	const info = derSequence(derInteger(Uint8Array.of(0)), derSequence(), publicKey.export({
		type: "spki",
		format: "der"
	}), derElement(160));
	const ecdsaWithSha256 = derSequence(derOid("1.2.840.10045.4.3.2"));
	return `-----BEGIN CERTIFICATE REQUEST-----\n${derSequence(info, ecdsaWithSha256, derBitString(sign("sha256", info, privateKey))).toString("base64").replaceAll(/.{64}/gu, "$&\n").trimEnd()}\n-----END CERTIFICATE REQUEST-----\n`;
}

// src/signing/keyless/rekor.ts
var import_dist = require_dist$2();
async function addLogEntry(ask, log, logged, signal) {
	const isV2 = log.version === 2;
	const request = {
		service: "transparency log",
		code: "LOG_ENTRY_FAILED",
		hint: `Is it Rekor v${log.version}? Say so with --rekor-version.`,
		method: "POST",
		url: endpoint(log.url, isV2 ? "api/v2/log/entries" : "api/v1/log/entries"),
		headers: {
			"content-type": "application/json",
			accept: "application/json"
		},
		body: Buffer.from(JSON.stringify(isV2 ? recordV2(logged) : recordV1(logged)))
	};
	const answer = await ask({
		...request,
		...isV2 ? {} : { alsoAccepted: 409 }
	}, signal);
	const { body } = answer.status === 409 ? await ask(presentRequest(log, request, answer), signal) : answer;
	try {
		const json = JSON.parse(body.toString("utf8"));
		const entry = isV2 ? import_dist.TransparencyLogEntry.fromJSON(json) : parseV1(json);
		const { logId, kindVersion } = entry;
		if (logId === void 0 || kindVersion === void 0) throw new Error("entry without log");
		if (entry.inclusionProof === void 0) throw new Error("entry without proof");
		return {
			...entry,
			logId,
			kindVersion
		};
	} catch {
		throw serviceError(request, "gave no entry that can be read");
	}
}
function presentRequest(log, request, conflict) {
	const id = /\/([0-9a-f]{64,80})$/u.exec(conflict.header("location") ?? "")?.[1];
	if (id === void 0) throw serviceError(request, "has the entry already, and does not say where");
	const { service, code } = request;
	return {
		service,
		code,
		method: "GET",
		url: endpoint(log.url, `api/v1/log/entries/${id}`)
	};
}
function signedBytes(content) {
	if (content.kind === "blob") return content.bytes;
	return import_dist$2.dsse.preAuthEncoding(payloadType, Buffer.from(content.payload));
}
function digestOf(content) {
	return createHash("sha256").update(signedBytes(content)).digest();
}
function recordV2({ content, signature, certificate }) {
	return { hashedRekordRequestV002: {
		digest: digestOf(content).toString("base64"),
		signature: {
			content: signature.toString("base64"),
			verifier: {
				keyDetails: (0, import_dist.publicKeyDetailsToJSON)(import_dist.PublicKeyDetails.PKIX_ECDSA_P256_SHA_256),
				x509Certificate: { rawBytes: certificate.toString("base64") }
			}
		}
	} };
}
function recordV1({ content, signature, certificate }) {
	const verifier = Buffer.from(formatCertificate(certificate)).toString("base64");
	if (content.kind === "blob") return {
		apiVersion: "0.0.1",
		kind: "hashedrekord",
		spec: {
			data: { hash: {
				algorithm: "sha256",
				value: digestOf(content).toString("hex")
			} },
			signature: {
				content: signature.toString("base64"),
				publicKey: { content: verifier }
			}
		}
	};
	const envelope = {
		payloadType,
		payload: Buffer.from(content.payload).toString("base64"),
		signatures: [{ sig: signature.toString("base64") }]
	};
	return {
		apiVersion: "0.0.1",
		kind: "dsse",
		spec: { proposedContent: {
			envelope: JSON.stringify(envelope),
			verifiers: [verifier]
		} }
	};
}
const base64 = base64$1().max(131072);
const hex = string().regex(/^(?:[0-9a-f]{2}){1,64}$/u);
const counter = int().min(0);
const entrySchema = object({
	body: base64,
	integratedTime: counter,
	logID: hex,
	logIndex: counter,
	verification: object({
		signedEntryTimestamp: base64,
		inclusionProof: object({
			checkpoint: string().max(8192),
			hashes: array(hex).max(64),
			logIndex: counter,
			rootHash: hex,
			treeSize: counter
		})
	})
});
const answerSchema = record(string().max(128), entrySchema).refine((entries) => Object.keys(entries).length === 1, { error: "is not one entry" });
const bodySchema = object({
	kind: string().max(64),
	apiVersion: string().max(64)
});
function parseV1(json) {
	const [entry] = Object.values(answerSchema.parse(json));
	if (entry === void 0) throw new Error("no entry");
	const { kind, apiVersion } = bodySchema.parse(JSON.parse(Buffer.from(entry.body, "base64").toString()));
	const { signedEntryTimestamp, inclusionProof } = entry.verification;
	const toBase64 = (text) => Buffer.from(text, "hex").toString("base64");
	return import_dist.TransparencyLogEntry.fromJSON({
		logIndex: String(entry.logIndex),
		logId: { keyId: toBase64(entry.logID) },
		kindVersion: {
			kind,
			version: apiVersion
		},
		integratedTime: String(entry.integratedTime),
		inclusionPromise: { signedEntryTimestamp },
		inclusionProof: {
			logIndex: String(inclusionProof.logIndex),
			rootHash: toBase64(inclusionProof.rootHash),
			treeSize: String(inclusionProof.treeSize),
			hashes: inclusionProof.hashes.map(toBase64),
			checkpoint: { envelope: inclusionProof.checkpoint }
		},
		canonicalizedBody: entry.body
	});
}

// src/signing/keyless/timestamp.ts
const GRANTED = 0n;
const GRANTED_WITH_MODS = 1n;
async function fetchTimestamp(ask, url, signature, signal) {
	const nonce = derInteger(randomBytes(8));
	const request = {
		service: "timestamp authority",
		code: "TIMESTAMP_FAILED",
		hint: "Give its full URL, such as https://HOST/api/v1/timestamp.",
		method: "POST",
		url: new URL(url),
		headers: {
			"content-type": "application/timestamp-query",
			accept: "application/timestamp-reply"
		},
		body: formatRequest(signature, nonce)
	};
	const { body } = await ask(request, signal);
	const answer = Buffer.from(body);
	let timestamp;
	let isGranted;
	try {
		timestamp = import_dist$2.RFC3161Timestamp.parse(answer);
		isGranted = timestamp.status === GRANTED || timestamp.status === GRANTED_WITH_MODS;
	} catch {
		throw serviceError(request, "gave no timestamp that can be read");
	}
	if (!isGranted) throw serviceError(request, `refused with status ${timestamp.status}`);
	try {
		timestamp.tstInfo.verify(signature);
		if (!timestamp.tstInfo.root.subs.some((part) => part.toDER().equals(nonce))) throw new Error("nonce");
	} catch {
		throw serviceError(request, "gave a timestamp of something else");
	}
	return answer;
}
function formatRequest(signature, nonce) {
	const sha256 = derSequence(derOid("2.16.840.1.101.3.4.2.1"), derNull());
	const digest = derOctetString(createHash("sha256").update(signature).digest());
	return derSequence(derInteger(Uint8Array.of(1)), derSequence(sha256, digest), nonce, derBoolean(true));
}

// src/signing/keyless/keyless-signer.ts
function keylessSigner(options) {
	const { services, root } = options;
	assertUsable(services, options.isPublicAllowed === true);
	const legacyLogs = services.logs.filter(({ version }) => version === 1).slice(0, 1);
	let certified;
	const certificate = async (signal) => {
		if (certified !== void 0 && certified.endsAtMs - options.now() > signingLimits.certificateSpareMs) return certified;
		const token = await options.identityToken(signal);
		certified = await certify(options.ask, services.fulcioUrl, token, signal);
		options.onCertified?.(certified.identity);
		return certified;
	};
	return {
		kind: "keyless",
		root,
		logEntryCounts: {
			bundle: services.logs.length,
			legacy: legacyLogs.length
		},
		identity: async (signal) => (await certificate(signal)).identity,
		sign: async (content, signal) => {
			const { privateKey, certificate: leaf, chain } = await certificate(signal);
			const signature = sign("sha256", bytesOf(content), privateKey);
			const logs = content.kind === "blob" ? legacyLogs : services.logs;
			const logged = {
				content,
				signature,
				certificate: leaf
			};
			const [timestamps, logEntries] = await Promise.all([Promise.all(services.timestampUrls.map((url) => fetchTimestamp(options.ask, url, signature, signal))), Promise.all(logs.map((log) => addLogEntry(options.ask, log, logged, signal)))]);
			return {
				signature,
				certificate: leaf,
				chain,
				logEntries,
				timestamps
			};
		}
	};
}
function bytesOf(content) {
	if (content.kind === "blob") return content.bytes;
	return import_dist$2.dsse.preAuthEncoding(payloadType, Buffer.from(content.payload));
}

// action/shared/open-signer.ts
function openSigner(signing, world, { tries, onCertified }) {
	if (signing.way === "none") return void 0;
	if (signing.way === "key") return signing.signer;
	const { services, root, tokenEndpoint } = signing;
	const { host, env, now, random } = world;
	const ask = openServices({
		chooseProxy: environmentProxies(env),
		random,
		tries
	});
	return keylessSigner({
		services,
		root,
		ask,
		now,
		identityToken: async (signal) => {
			const token = await fetchGithubToken(ask, tokenEndpoint, signal);
			host.mask(token);
			return token;
		},
		onCertified: ({ subject, issuer }) => {
			host.info(`signs as ${subject}`);
			host.info(`by issuer ${issuer}`);
			onCertified?.({
				subject,
				issuer
			});
		},
		isPublicAllowed: true
	});
}

// action/shared/keyless-inputs.ts
function parseService(value) {
	return value === "" ? "" : parseServiceUrl(value, "it");
}
function parseLogUrl(value) {
	return value === "none" ? value : parseService(value);
}
function parseTimestampLine(value) {
	return parseTimestampUrl(value, JSON.stringify(value));
}
async function readKeyless(values, context, problems) {
	const { tokenEndpoint } = context;
	if (tokenEndpoint === void 0) problems.add(noIdentity());
	const services = servicesOf(values, problems);
	const file = values["trusted-root"] ?? "";
	const root = file === "" ? void 0 : await problems.attempt("trusted-root", async () => parseTrustRoot(await readText(resolve$1(context.workspace, file), signingLimits.trustRootBytes)));
	if (services === void 0) return void 0;
	if (file === "" && !isPublicService(services.fulcioUrl)) problems.add(new InputError("INPUT_MISSING", "trusted-root: is missing", { hint: "Give the trusted_root.json of the instance: without it nothing could be verified before it is tagged." }));
	if (values["allow-public-log"] === false) await problems.attempt("allow-public-log", () => assertPublicity(services, context));
	return tokenEndpoint === void 0 ? void 0 : {
		way: "keyless",
		services,
		root,
		tokenEndpoint
	};
}
function noIdentity() {
	return new SigningError("IDENTITY_TOKEN_UNAVAILABLE", "sign: this job may have no identity token, since ACTIONS_ID_TOKEN_REQUEST_URL is not set", { hint: "Give the job `permissions: id-token: write`. A run for a pull request from a fork never gets it: publish on push or for tags. To sign with a key instead, set signing-key." });
}
function servicesOf(values, problems) {
	const { "fulcio-url": fulcioUrl, "rekor-url": log, "rekor-version": version, "timestamp-url": timestampUrls } = values;
	if (fulcioUrl === void 0 || log === void 0 || version === void 0 || timestampUrls === void 0) return;
	const given = {
		fulcioUrl,
		log,
		version,
		timestampUrls
	};
	return fulcioUrl === "" ? withPublicServices(given) : ownServices(given, problems);
}
function withPublicServices({ log, version, timestampUrls }) {
	return {
		fulcioUrl: publicServices.fulcioUrl,
		logs: log === "" ? publicServices.logs : logsOf(log, version),
		timestampUrls: timestampUrls.length === 0 ? publicServices.timestampUrls : timestampUrls
	};
}
function ownServices({ fulcioUrl, log, version, timestampUrls }, problems) {
	const logs = logsOf(log, version);
	if (log === "") problems.add(new InputError("INPUT_MISSING", "rekor-url: is missing beside fulcio-url", { hint: "Give your instance's log, or none: no other log is written to by itself." }));
	if (timestampUrls.length === 0 && !logs.some((one) => one.version === 1)) problems.add(new InputError("INPUT_MISSING", "timestamp-url: is missing beside fulcio-url", { hint: "Certificates last minutes, and only a timestamp (or Rekor v1) shows when they were used." }));
	return {
		fulcioUrl,
		logs,
		timestampUrls
	};
}
function logsOf(log, version) {
	return log === "" || log === "none" ? [] : [{
		url: log,
		version
	}];
}
async function assertPublicity(services, context) {
	const found = publicServiceOf(services);
	if (found === void 0) return;
	const visibility = await readVisibility(context);
	if (visibility === "public") return;
	const what = visibility === "unknown" ? "whether the repository is public is not known" : `the repository is ${visibility}`;
	throw new SigningError("PUBLIC_LOG_REFUSED", `${new URL(found).host} belongs to the public Sigstore, and ${what}`, { hint: "The names of repository and workflow would be public for ever. Where that is wanted, set it to true; else name services of your own with fulcio-url, rekor-url and timestamp-url, or sign with a key." });
}

// action/shared/signing-inputs.ts
const ways = text$1.pipe(_enum([
	"",
	"keyless",
	"key"
], "is neither keyless nor key"));
const signingFields = {
	sign: ways,
	"signing-key": text$1,
	"signing-key-password": string(),
	"fulcio-url": parsed(text$1, parseService),
	"rekor-url": parsed(text$1, parseLogUrl),
	"rekor-version": _enum(["1", "2"], "is neither 1 nor 2").transform((value) => value === "1" ? 1 : 2),
	"timestamp-url": parsedLines(parseTimestampLine),
	"trusted-root": text$1,
	"allow-public-log": flag
};
const optionalSigningFields = {
	...signingFields,
	sign: text$1.pipe(_enum([...ways.out.options, "none"], "is neither keyless nor key nor none"))
};
object(optionalSigningFields);
function maskSigningSecrets(host, { tokenEndpoint }) {
	const key = host.input("signing-key");
	host.mask(key.trim());
	for (const line of key.split(/\r?\n|\\n/u).map((part) => part.trim())) if (line.length >= 8 && !line.startsWith("-----")) host.mask(line);
	host.mask(host.input("signing-key-password"));
	host.mask(tokenEndpoint?.token ?? "");
}
async function readSigning(values, context, { problems, isDryRun = false }) {
	const way = wayOf(values);
	if (way === void 0) return void 0;
	refuseStrays(values, way, problems);
	const key = values["signing-key"] ?? "";
	if (key !== "") {
		const password = values["signing-key-password"] ?? "";
		const signer = await problems.attempt("signing-key", () => parseKeyInput(key, password));
		return signer === void 0 ? void 0 : {
			way: "key",
			signer
		};
	}
	if (isDryRun || way === "none") return { way: "none" };
	return way === "key" ? missingKey(problems) : readKeyless(values, context, problems);
}
function wayOf({ sign, ...values }) {
	if (sign !== "") return sign;
	return values["signing-key"] === "" && values["signing-key-password"] === "" ? "keyless" : "key";
}
function missingKey(problems) {
	problems.add(new InputError("INPUT_MISSING", "signing-key: is missing", { hint: "Give the secret that holds the key; runs for forks and for Dependabot see no secrets of the repository." }));
}
function refuseStrays(values, way, problems) {
	const isGiven = (name) => {
		const value = values[name];
		return value !== void 0 && value !== "" && !(Array.isArray(value) && value.length === 0);
	};
	const ofKey = ["signing-key", "signing-key-password"];
	const ofKeyless = [
		"fulcio-url",
		"rekor-url",
		"timestamp-url"
	];
	const strays = [
		...way === "key" ? [] : ofKey.filter(isGiven),
		...way === "keyless" ? [] : ofKeyless.filter(isGiven),
		...way === "keyless" || values["allow-public-log"] !== true ? [] : ["allow-public-log"]
	];
	for (const name of strays) {
		const message = `${name}: has no use where ${way === "none" ? "nothing is signed" : `sign is ${way}`}`;
		problems.add(new InputError("INPUT_CONFLICT", message, { hint: "Leave it out, or say another way to sign." }));
	}
}
async function parseKeyInput(key, password) {
	try {
		return await parseSigningKey(key, password);
	} catch (error) {
		if (!(error instanceof SigningError) || error.code !== "KEY_PASSWORD_WRONG") throw error;
		throw new SigningError(error.code, error.message, { hint: "Set signing-key-password to the password that the key was made with." });
	}
}

export { openSigner as a, resolveTag as c, signStatement as d, ownAuthorities as f, signingFields as i, validate as l, fetchBundle as m, optionalSigningFields as n, prepare as o, attachBundle as p, readSigning as r, publish as s, maskSigningSecrets as t, writeTag as u };