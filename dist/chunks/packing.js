import { At as PromotionError, B as pushArtifact, Ct as signingLimits, Dt as FailuresError, E as environmentProxies, Et as ContentError, G as formatManifest, H as assertLayerHolds, I as parseTag, J as emptyContent, K as parseManifest, L as artifactLayer, Mt as SigningError, Nt as VerificationError, Ot as InputError, P as fetchBytes, Q as finishDigest, S as serviceError, St as resourceLimits, Tt as ArchiveError, U as assertSafePath, W as createArchivePaths, X as mediaTypes, Y as emptyDescriptor, a as flag, b as fetchGithubToken, c as parsed, ct as identityOf, d as text, f as readText, it as locateFields, jt as ResourceError, l as parsedLines, nt as isResourceFile, ot as formatIdentity, q as describe, rt as readResources, tt as startDigest, vt as ociLimits, x as openServices, xt as provenanceLimits, yt as packLimits, z as fetchLayer } from "./common.js";
import { d as record, i as base64$1, m as union, n as _enum, o as int, p as string, r as array, s as literal, u as object } from "./zod.js";
import { n as Pax, r as Header } from "./tar.js";
import { c as readVisibility, f as objectAnnotationsOf, l as formatTime, p as valueFieldsOf, u as isSecret } from "./github.js";
import { C as searchStatements, D as signaturePredicateType, E as payloadType, F as legacySignatureTag, M as formatLegacyPayload, N as legacyAnnotations, O as readIdentity, P as findCandidates, S as missingSignatureError, T as formatStatement, a as parseSigningKey, c as promotionPredicateType, i as parseTrustRoot, j as parseSubject } from "./signing.js";
import { i as require_dist$2, n as require_dist$1, r as require_dist } from "./sigstore.js";
import { X509Certificate, createHash, createPublicKey, generateKeyPairSync, randomBytes, randomInt, sign } from "node:crypto";
import { resolve } from "node:path";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { createRequire } from "module";

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
const fields = {
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
template.fill(0, fields.size.at, fields.size.at + fields.size.length);
template.fill(" ", fields.checksum.at, fields.checksum.at + fields.checksum.length);
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
	writeNumber(block, size, fields.size);
	writeNumber(block, templateSum + sumOf(block.subarray(0, path.length)) + sumOf(block.subarray(fields.size.at, fields.size.at + fields.size.length)), fields.checksum);
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
const hint = "Publish a SealedSecret or an ExternalSecret instead, or make the Secret at the site. What sops has encrypted passes, but only for a consumer that decrypts it, such as Flux: the puller does not yet. To allow it: --allow-plaintext-secrets of the command, allow-plaintext-secrets of the action.";
function refusePlaintextSecrets(files, resources) {
	const [first, ...rest] = findPlaintextSecrets(files, resources);
	if (first === void 0) return;
	const count = rest.length + 1;
	throw new FailuresError([first, ...rest], `${count} Secret${count === 1 ? "" : "s"} in plain text`);
}
function findPlaintextSecrets(files, resources) {
	const found = resources.filter(({ resource }) => isSecret(resource)).flatMap(({ resource, location }) => {
		const [first, ...others] = plaintextFields(resource);
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
function plaintextFields(resource) {
	const isSealed = hasSopsMac(resource);
	const fields = valueFieldsOf(resource).flatMap((field) => {
		const values = resource[field];
		if (isEmpty(values)) return [];
		if (!isMap(values) || !dataFields.has(field)) return [[field]];
		return Object.entries(values).filter(([, value]) => !isEmpty(value) && !(isSealed && isEncrypted(value))).map(([key]) => [field, key]);
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
	return isMap(sops) && isEncrypted(sops["mac"]);
}
function isEncrypted(value) {
	return typeof value === "string" && encrypted.test(value);
}
function isEmpty(value) {
	return value === void 0 || value === null || value === "";
}
function isMap(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/operations/provenance.ts
const provenancePredicateType = "https://slsa.dev/provenance/v1";
const provenanceBuildType = "https://sealift.dev/push/v1";
const localBuilder = "https://sealift.dev/cli";
function provenanceOf(facts) {
	const { path, files, repository, tags, annotations, source, revision, renderer } = facts;
	const run = githubRun(facts.env);
	const dependency = dependencyOf(source, revision);
	return {
		predicateType: provenancePredicateType,
		isOncePerArtifact: true,
		predicate: {
			buildDefinition: {
				buildType: provenanceBuildType,
				externalParameters: {
					path,
					repository,
					tags,
					annotations,
					...source === void 0 ? {} : { source },
					...revision === void 0 ? {} : { revision }
				},
				internalParameters: {
					files,
					...renderer === void 0 ? {} : { renderer },
					...run === void 0 ? {} : { github: run.parameters }
				},
				resolvedDependencies: dependency === void 0 ? [] : [dependency]
			},
			runDetails: {
				builder: { id: run?.builder ?? localBuilder },
				metadata: {
					...run === void 0 ? {} : { invocationId: run.invocation },
					startedOn: formatTime(facts.startedMs),
					finishedOn: formatTime(facts.finishedMs)
				}
			}
		}
	};
}
function dependencyOf(source, revision) {
	if (source === void 0 || source === "") return void 0;
	const commit = /(?:^|[@:/])([0-9a-f]{40}|[0-9a-f]{64})$/u.exec(revision ?? "")?.[1];
	if (commit === void 0) return { uri: source };
	return {
		uri: /^[a-z]+:\/\//u.test(source) ? `git+${source}` : source,
		digest: { gitCommit: commit }
	};
}
const { textLength } = provenanceLimits;
const digits = string().regex(/^\d{1,20}$/u);
const words = string().regex(/^[a-z_-]{1,64}$/u);
function isOrigin(text) {
	return URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol) && new URL(text).origin === text;
}
const runSchema = object({
	GITHUB_SERVER_URL: string().max(textLength).refine(isOrigin),
	GITHUB_WORKFLOW_REF: string().max(textLength).regex(/^[\w.-]+\/[\w.-]+\/[^@\p{Cc}]+@[^\p{Cc}]+$/u),
	GITHUB_REPOSITORY: string().max(textLength).regex(/^[\w.-]+\/[\w.-]+$/u),
	GITHUB_RUN_ID: digits,
	GITHUB_RUN_ATTEMPT: digits.optional(),
	GITHUB_EVENT_NAME: words.optional(),
	GITHUB_REF: string().max(textLength).regex(/^refs\/[^\p{Cc}]+$/u).optional(),
	GITHUB_SHA: string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u).optional(),
	GITHUB_REPOSITORY_ID: digits.optional(),
	GITHUB_REPOSITORY_OWNER_ID: digits.optional(),
	RUNNER_ENVIRONMENT: words.optional()
});
function githubRun(env) {
	const given = Object.keys(runSchema.shape).flatMap((name) => env[name] ? [[name, env[name]]] : []);
	if (![
		"GITHUB_SERVER_URL",
		"GITHUB_WORKFLOW_REF",
		"GITHUB_REPOSITORY",
		"GITHUB_RUN_ID"
	].every((name) => env[name])) return void 0;
	const { data, error } = runSchema.safeParse(Object.fromEntries(given));
	if (data === void 0) {
		const name = String(error.issues[0]?.path[0] ?? "");
		throw new InputError("INPUT_INVALID", `environment variable ${name} is not as GitHub Actions sets it`, { hint: "Provenance attests what it says: leave it as it is, or publish without provenance." });
	}
	const server = data.GITHUB_SERVER_URL;
	const attempt = data.GITHUB_RUN_ATTEMPT ?? "1";
	const parameters = Object.entries(githubParameters).flatMap(([name, variable]) => {
		const value = data[variable];
		return value === void 0 ? [] : [[name, value]];
	});
	return {
		builder: `${server}/${data.GITHUB_WORKFLOW_REF}`,
		invocation: `${server}/${data.GITHUB_REPOSITORY}/actions/runs/${data.GITHUB_RUN_ID}/attempts/${attempt}`,
		parameters: Object.fromEntries(parameters)
	};
}
const githubParameters = {
	event_name: "GITHUB_EVENT_NAME",
	workflow_ref: "GITHUB_WORKFLOW_REF",
	ref: "GITHUB_REF",
	sha: "GITHUB_SHA",
	repository_id: "GITHUB_REPOSITORY_ID",
	repository_owner_id: "GITHUB_REPOSITORY_OWNER_ID",
	runner_environment: "RUNNER_ENVIRONMENT"
};

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
		ports.log(`${nameOf(one)} ${present === void 0 ? "added" : "is there already"}`);
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
			throw !candidates.found.some((other) => one.format === "bundle" && other.digest === digest) && found.unreadable.length === 0 ? notListed(subject, one, digest) : missingSignatureError(nameOf(one), subject, found);
		}
	}
}
function notListed(subject, one, digest) {
	return new VerificationError("SIGNATURE_MISSING", `${nameOf(one)} ${digest ?? ""} was attached to ${subject.digest}, but the registry does not list it`, [], {
		retryable: true,
		hint: "Somebody else may have written at the same time; run it again."
	});
}
function nameOf({ format, predicateType }) {
	if (predicateType !== "https://sigstore.dev/cosign/sign/v1") return `attestation ${predicateType}`;
	return format === "legacy" ? "legacy signature" : "signature";
}

// src/operations/publish.ts
function prepare(request, { log }) {
	const { files, annotations, tags, allowPlaintextSecrets = false } = request;
	for (const tag of tags) parseTag(tag);
	const sources = files.filter(({ path }) => isResourceFile(path));
	const parsed = readResources(sources);
	if (!allowPlaintextSecrets) refusePlaintextSecrets(sources, parsed);
	const resources = parsed.map(({ resource }) => formatIdentity(identityOf(resource)));
	log(`validated ${resources.length} objects in ${sources.length} files`);
	return {
		packed: packArtifact(files, annotations),
		resources
	};
}
async function publish(request, ports) {
	const { store, tags } = request;
	const { signal } = ports;
	const { packed, resources } = prepare(request, ports);
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
		size: packed.layer.bytes.byteLength
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
function openSigner(signing, world) {
	if (signing.way === "none") return void 0;
	if (signing.way === "key") return signing.signer;
	const { services, root, tokenEndpoint } = signing;
	const { host, env, now, random } = world;
	const ask = openServices({
		chooseProxy: environmentProxies(env),
		random
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
	const root = file === "" ? void 0 : await problems.attempt("trusted-root", async () => parseTrustRoot(await readText(resolve(context.workspace, file), signingLimits.trustRootBytes)));
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
const ways = text.pipe(_enum([
	"",
	"keyless",
	"key"
], "is neither keyless nor key"));
const signingFields = {
	sign: ways,
	"signing-key": text,
	"signing-key-password": string(),
	"fulcio-url": parsed(text, parseService),
	"rekor-url": parsed(text, parseLogUrl),
	"rekor-version": _enum(["1", "2"], "is neither 1 nor 2").transform((value) => value === "1" ? 1 : 2),
	"timestamp-url": parsedLines(parseTimestampLine),
	"trusted-root": text,
	"allow-public-log": flag
};
const optionalSigningFields = {
	...signingFields,
	sign: text.pipe(_enum([...ways.out.options, "none"], "is neither keyless nor key nor none"))
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

export { openSigner as a, resolveTag as c, ownAuthorities as d, attachBundle as f, signingFields as i, writeTag as l, provenancePredicateType as m, optionalSigningFields as n, prepare as o, fetchBundle as p, readSigning as r, publish as s, maskSigningSecrets as t, signStatement as u };