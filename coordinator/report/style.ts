/** The look of a report: one column on a phone, light or dark as the reader has it, and nothing from elsewhere. */
export const reportStyle = `
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2329;--soft:#5c6670;--line:#e3e1da;--series:#2457c5;--window:#e4572e;--step:#b83a14;--good:#1a7f4b;--bad:#c2301c;--doubtful:#9a6200;--neutral:#5c6670}
@media(prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1c2126;--ink:#e8e6e1;--soft:#9aa4ad;--line:#30373e;--series:#7aa5ff;--window:#ff8a63;--step:#ff8a63;--good:#58c98d;--bad:#ff7b66;--doubtful:#e7b04b;--neutral:#9aa4ad}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,"Segoe UI","Liberation Sans",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:68rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:clamp(1.6rem,5vw,2.4rem);line-height:1.15;margin:.2rem 0 .8rem;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.75rem 0 .9rem;letter-spacing:-.01em}
p{margin:.4rem 0}
.over{color:var(--soft);font-size:.9rem}
.verdict{display:inline-block;padding:.3rem .85rem;border-radius:2rem;font-weight:600;border:1.5px solid currentColor}
.good{color:var(--good)}.bad{color:var(--bad)}.doubtful{color:var(--doubtful)}.neutral{color:var(--neutral)}
blockquote{margin:1.2rem 0;padding:.1rem 0 .1rem 1rem;border-left:3px solid var(--series);font-size:1.1rem;text-wrap:pretty}
.cause{color:var(--soft);overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.9rem 1.5rem;margin:1.4rem 0 0}
dt{color:var(--soft);font-size:.8rem}
dd{margin:0;overflow-wrap:anywhere}
code,.mono{font:.86em/1.5 ui-monospace,"SF Mono","Liberation Mono",monospace;overflow-wrap:anywhere}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1rem}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:.9rem .9rem .5rem}
figcaption{font-weight:600;display:flex;justify-content:space-between;gap:.5rem;flex-wrap:wrap}
figcaption span{font-weight:400;color:var(--soft);font-size:.82rem}
.plot{display:block;width:100%;height:auto;margin-top:.3rem;overflow:visible}
.grid{stroke:var(--line)}
.tick{fill:var(--soft);font-size:12.5px}
.series{fill:none;stroke:var(--series);stroke-width:2;stroke-linejoin:round}
.area{fill:var(--series);opacity:.09}
.baseline{stroke:var(--good);stroke-width:1.5;stroke-dasharray:5 4}
.threshold{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:2 3}
.window{fill:var(--window);opacity:.17}
.peak{fill:var(--card);stroke:var(--series);stroke-width:2}
.peak-text{fill:var(--ink);font-size:12.5px;font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;color:var(--soft);font-size:.88rem;margin:0 0 .9rem}
.key{display:inline-block;width:1.1rem;height:.75rem;margin-right:.45rem;vertical-align:-.05rem}
.key-window{background:var(--window);opacity:.35}
.key-baseline{height:0;border-top:2px dashed var(--good);vertical-align:.2rem}
.key-threshold{height:0;border-top:2px dotted var(--bad);vertical-align:.2rem}
.key-series{height:0;border-top:2.5px solid var(--series);vertical-align:.2rem}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:.75rem;background:var(--card)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.5rem .8rem;vertical-align:top;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
th{color:var(--soft);font-weight:500;font-size:.8rem;white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
ol.timeline{list-style:none;margin:0;padding:0}
.timeline li{display:grid;grid-template-columns:5.2rem 5rem 1fr;gap:.2rem .9rem;padding:.38rem 0;border-bottom:1px solid var(--line);font-size:.92rem}
.timeline time{color:var(--soft);font-variant-numeric:tabular-nums;text-align:right}
.timeline div{overflow-wrap:anywhere}
.kind{color:var(--soft)}
.kind-inject,.kind-step{color:var(--step)}.kind-receipt{color:var(--good)}.kind-abort,.kind-refused{color:var(--bad)}.kind-advice{color:var(--doubtful)}
figure p{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
ul.score{list-style:none;margin:0;padding:0;display:grid;gap:.15rem}
.score li{display:grid;grid-template-columns:1.6rem 1fr;padding:.35rem 0}
.score .mark{font-weight:700}
.score small{display:block;color:var(--soft);font-size:.87rem}
pre{margin:0;font:.9rem/1.5 ui-monospace,"Liberation Mono",monospace;overflow-x:auto}
footer{margin-top:3rem;color:var(--soft);font-size:.85rem}
a{color:var(--series)}
@media(max-width:34rem){main{padding:1.5rem 1rem 3rem}.timeline li{grid-template-columns:auto 1fr}.timeline time{text-align:left}.timeline div{grid-column:1/-1}}
@media print{body{background:#fff}figure,.timeline li,tr{break-inside:avoid}}
`;
