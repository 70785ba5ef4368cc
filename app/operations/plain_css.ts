/** The stylesheet of the pages outside the back office. */
export const plainCss = `
body { margin: 0; background: #f7f6f3; color: #1d1d1b; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: #0b5cad; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.75rem 1rem; background: #ebe9e3; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
.rows { list-style: none; padding: 0; }
.rows li { padding: 0.5rem 0; border-bottom: 1px solid #dedbd2; }
.rows span { color: #66645c; font-size: 0.875rem; }
@media (prefers-color-scheme: dark) {
  body { background: #171715; color: #ececea; }
  a { color: #7db8f5; }
  pre { background: #262622; }
  .rows li { border-color: #3a3a35; }
  .rows span { color: #a9a99f; }
}
`
