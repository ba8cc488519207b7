// Decision tables as what is drawn on, for saving and checking. A finding names a decision and a line of the file; the
// line leads to its row.
const RULE = /<rule\b[^>]*\bid="([^"]+)"/;

export function tableDrawing(modeler) {
  const marks = new CSSStyleSheet(); // rows are drawn anew all the time: a rule by their id stays
  document.adoptedStyleSheets.push(marks);

  async function reveal(decision, rule) {
    const view = modeler.getViews().find(({ element }) => element.id === decision);
    if (!view) return;
    if (modeler.getActiveView()?.element !== view.element) await modeler.open(view);
    const row = rule && document.querySelector(`.modeler-canvas td[data-row-id="${CSS.escape(rule)}"]`);
    row?.scrollIntoView({ block: 'center' });
  }

  return {
    toXml: async () => (await modeler.saveXML({ format: true })).xml,
    async open(xml) {
      const last = modeler.getActiveView()?.element.id;
      await modeler.importXML(xml, { open: false });
      const views = modeler.getViews();
      await modeler.open(
        views.find(({ element }) => element.id === last) ?? views.find(({ type }) => type === 'decisionTable') ?? views[0],
      );
    },
    onChange: (told) =>
      onEveryViewer(modeler, (viewer) => viewer.on('commandStack.changed', ({ trigger }) => trigger === 'clear' || told())),
    onOpen: (told) => modeler.on('import.done', told),
    mark(findings, xml) {
      const lines = xml.split('\n');
      const drawn = new Map(findings.map((finding) => [finding, ruleAt(lines, finding.line)]));
      marks.replaceSync([...drawn].filter(([, rule]) => rule).map(rowStyle).join('\n'));
      return new Map([...drawn].map(([finding, rule]) => [finding, () => reveal(finding.element, rule)]));
    },
  };
}

function onEveryViewer(modeler, act) {
  for (const viewer of Object.values(modeler._viewers)) act(viewer);
  modeler.on('viewer.created', ({ viewer }) => act(viewer));
}

/** The row that a line of the file belongs to; nothing outside of rows. */
function ruleAt(lines, line) {
  for (let at = line - 1; at >= 0 && at < lines.length; at -= 1) {
    const found = RULE.exec(lines[at]);
    if (found) return found[1];
    if (at < line - 1 && lines[at].includes('</rule>')) return null;
  }
  return null;
}

function rowStyle([{ severity }, rule]) {
  return `.modeler-canvas td[data-row-id="${CSS.escape(rule)}"] { background-color: ${
    severity === 'error' ? '#fbe9e7' : '#fcf0d6'
  } !important; }`;
}
