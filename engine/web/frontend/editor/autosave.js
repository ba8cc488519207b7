// Saves the draft while one works. What could not be sent is kept in this browser and sent when the network is back; who
// saved in between is named, and nothing of either is lost. So it is when one was signed out meanwhile.
import { SIGNED_OUT, renewToken, token } from '../../static/js/token.js';

const PAUSE_MS = 700;
const AGAIN_MS = 5000;

/** `drawing` is what is drawn on: {open(xml), toXml(), onChange(told)} (see drawing.js, ../tables/drawing.js). */
export function keepSaved(element, drawing, { say, revision }) {
  const { files, difference, file } = element.dataset;
  const state = element.querySelector('[data-state]');
  const dialog = element.querySelector('dialog[data-conflict]');
  const place = `maplebridge.unsent:${document.querySelector('#offline').dataset.person}:${files}`;
  let changes = 0;
  let kept = 0;
  let sending = false;
  let signedOut = false;
  let timer = 0;
  let theirs = null;

  function tell(kind, text) {
    state.dataset.state = kind;
    state.textContent = text;
  }

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  }

  async function save() {
    if (sending || theirs || changes === kept) return;
    sending = true;
    const upTo = changes;
    const xml = await drawing.toXml();
    if (signedOut) await renewToken();
    const sent = await put(xml).catch(() => null);
    sending = false;
    if (!sent) {
      const told = setAside(xml)
        ? 'No network: kept in this browser, and sent when the network is back.'
        : 'No network, and this browser keeps nothing: leave this page open.';
      tell('offline', say(told));
      return later(AGAIN_MS);
    }
    const answer = await sent.json().catch(() => ({}));
    signedOut = SIGNED_OUT.includes(sent.status);
    if (sent.ok) {
      revision = answer.revision;
      kept = upTo;
      localStorage.removeItem(place);
      element.dataset.revision = revision;
      if (changes === kept) tell('saved', say('Saved, {when}', answer));
      else later(PAUSE_MS);
    } else if (sent.status === 409 && answer.revision) {
      ask(answer, xml);
    } else if (signedOut) {
      setAside(xml);
      tell('offline', say('Signed out: kept in this browser. Sign in again in another tab, and it is saved.'));
      later(AGAIN_MS);
    } else {
      tell('refused', answer.said ?? say('It could not be saved. Reload the page.'));
    }
  }

  function setAside(xml) {
    try {
      localStorage.setItem(place, JSON.stringify({ xml, revision }));
      return true;
    } catch {
      return false;
    }
  }

  function put(body) {
    return fetch(files, {
      method: 'PUT',
      body,
      headers: {
        'Content-Type': 'application/xml',
        'If-Match': `"${revision}"`,
        'X-CSRFToken': token(),
        Accept: 'application/json',
      },
    });
  }

  function ask(answer, xml) {
    theirs = answer.revision;
    tell('conflict', say('Saved by {who}, {when}. Yours is not saved.', answer));
    dialog.querySelector('[data-who]').textContent = say('{who} saved this file, {when}, while you were working on it.', answer);
    dialog.querySelector('[data-difference]').replaceChildren();
    dialog.dataset.mine = xml;
    dialog.showModal();
  }

  async function takeTheirs() {
    const answer = await fetch(files);
    revision = Number(answer.headers.get('ETag').replace(/\D/g, ''));
    theirs = null;
    await drawing.open(await answer.text());
    kept = changes;
    localStorage.removeItem(place);
    tell('saved', say('Nothing of yours is left to save.'));
  }

  function keepMine() {
    revision = theirs;
    theirs = null;
    changes += 1;
    return save();
  }

  function download() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([dialog.dataset.mine], { type: 'application/xml' }));
    link.download = file;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async function compare() {
    const answer = await fetch(difference, {
      method: 'POST',
      body: dialog.dataset.mine,
      headers: { 'Content-Type': 'application/xml', 'X-CSRFToken': token(), Accept: 'application/json' },
    });
    const { changes: told = [], said } = await answer.json();
    const lines = said ? [said] : told.length ? told : [say('Both are the same.')];
    dialog.querySelector('[data-difference]').replaceChildren(
      ...lines.map((line) => Object.assign(document.createElement('li'), { textContent: line })),
    );
  }

  const acts = { theirs: takeTheirs, mine: keepMine, copy: download, compare };
  dialog.addEventListener('click', async ({ target }) => {
    const act = target.closest('button')?.dataset.act;
    if (!act) return;
    await acts[act]();
    if (act === 'theirs' || act === 'mine') dialog.close();
  });
  dialog.addEventListener('cancel', (event) => event.preventDefault());

  drawing.onChange(() => {
    changes += 1;
    if (theirs) return;
    tell('waiting', say('Not saved yet …'));
    later(PAUSE_MS);
  });
  addEventListener('online', () => later(0));
  addEventListener('beforeunload', (event) => {
    if (changes !== kept) event.preventDefault();
  });

  return {
    /** Draws what is kept, or what this browser could not send last time. */
    async open(xml) {
      const unsent = JSON.parse(localStorage.getItem(place) ?? 'null');
      await drawing.open(unsent ? unsent.xml : xml);
      if (unsent) {
        revision = unsent.revision;
        changes += 1;
        await save();
      }
    },
  };
}
