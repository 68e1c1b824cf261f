/** The page's whole style: dark or light as the reader's system is, readable on paper and on a telephone. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --ink: #1d2129; --soft: #5a6270; --rule: #dcdfe4;
  --accent: #1f5fbf; --good: #1a7f4b; --bad: #b3362b; --warn-back: #fff4dc; --warn-ink: #6b4400; --track: #e6e9ee;
  --c0: #1f5fbf; --c1: #c2410c; --c2: #1a7f4b; --c3: #8b3fb0; --c4: #6b5b00; --c5: #0e7490; }
@media (prefers-color-scheme: dark) { :root { --page: #14161a; --card: #1c1f25; --ink: #e9ebef; --soft: #a7afbc; --rule: #343a44;
  --accent: #8ab4ff; --good: #63cf97; --bad: #ff9488; --warn-back: #3a2d10; --warn-ink: #ffd98a; --track: #2c313a;
  --c0: #8ab4ff; --c1: #ffa26b; --c2: #63cf97; --c3: #d9a2f5; --c4: #e3cf6a; --c5: #67d3e8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main, header.top { max-width: 1040px; margin: 0 auto; padding: 0 20px; }
header.top { padding-top: 28px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 10px; }
a { color: var(--accent); }
.note, caption, .facts { color: var(--soft); }
.skip { position: absolute; left: -999px; } .skip:focus { left: 20px; top: 8px; background: var(--card); padding: 6px 10px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 12px 0 0; list-style: none; }
section > * + * { margin-top: 16px; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 18px 20px; margin: 18px 0; }
dl.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 14px; margin: 0; }
dl.figures dt { color: var(--soft); font-size: .85rem; }
dl.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
dl.figures dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
.verdict { border-left: 4px solid var(--accent); padding: 4px 12px; margin: 0 0 12px; }
.verdict.bad { border-color: var(--bad); } .verdict.good { border-color: var(--good); }
ul.warnings { background: var(--warn-back); color: var(--warn-ink); border-radius: 8px; padding: 10px 14px 10px 32px; margin: 0; }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 20px; align-items: start; }
figure { margin: 0; min-width: 0; } figcaption { margin-bottom: 6px; } .diagram-title { margin: 0 0 4px 48px; font-size: .9rem; } figcaption .note { display: block; font-size: .9rem; }
svg { display: block; width: 100%; height: auto; max-width: 620px; } svg.square { max-width: 340px; } svg.picture { max-width: 560px; }
svg text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--rule); } .frame { fill: none; stroke: var(--rule); vector-effect: non-scaling-stroke; }
.diagonal { stroke: var(--soft); stroke-dasharray: 4 4; }
.bar { fill: var(--c0); } .gap { fill-opacity: .35; } .gap.over { fill: var(--c1); } .gap.under { fill: var(--c2); }
.line path { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line-0 path { stroke: var(--c0); } .line-1 path { stroke: var(--c1); stroke-dasharray: 7 3; } .line-2 path { stroke: var(--c2); stroke-dasharray: 2 3; }
.line-3 path { stroke: var(--c3); stroke-dasharray: 9 3 2 3; } .line-4 path { stroke: var(--c4); stroke-dasharray: 12 4; } .line-5 path { stroke: var(--c5); stroke-dasharray: 4 2; }
.line-0 circle { fill: var(--c0); } .line-1 circle { fill: var(--c1); } .line-2 circle { fill: var(--c2); }
.line-3 circle { fill: var(--c3); } .line-4 circle { fill: var(--c4); } .line-5 circle { fill: var(--c5); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 6px 0 0; list-style: none; font-size: .9rem; }
.legend .key { display: inline-block; width: 28px; margin-right: 6px; vertical-align: middle; }
details { margin-top: 8px; } summary { cursor: pointer; color: var(--accent); }
.scroll { overflow-x: auto; } .scroll.tall { max-height: 520px; overflow-y: auto; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 6px; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th[scope="row"], thead th:first-child { text-align: left; } th { font-weight: 600; } tbody th { font-weight: 400; }
.matrix td { text-align: center; min-width: 44px; border: 1px solid var(--rule); } .matrix .zero { color: var(--soft); }
.matrix thead th span { display: inline-block; max-width: 9ch; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
.cell.right { background: color-mix(in srgb, var(--good) calc(var(--strength) * .45), transparent); }
.cell.wrong { background: color-mix(in srgb, var(--bad) calc(var(--strength) * .6), transparent); }
.picture .right { fill: var(--good); } .picture .wrong { fill: var(--bad); }
.bars { width: 100%; } .bar-cell { min-width: 120px; }
.track { display: block; height: 5px; background: var(--track); border-radius: 3px; overflow: hidden; }
.track span { display: block; height: 100%; background: var(--c0); }
ul.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 14px; padding: 0; margin: 0; list-style: none; font-size: .9rem; }
ul.mistakes img { display: block; width: 96px; height: 96px; object-fit: contain; image-rendering: pixelated; background: var(--track); border-radius: 6px; margin-bottom: 4px; }
ul.mistakes strong { overflow-wrap: anywhere; }
@media print { section { break-inside: avoid; } nav, .skip { display: none; } }
`;
