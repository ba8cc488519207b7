// The editors' words: English is the key, every other language has a dictionary of its own beside this file.
import zh_CN from './words/zh_CN.json';

const DICTIONARIES = { zh_CN };

/**
 * `say` translates, `module` makes the modeler do so, `unsaid` collects what a dictionary lacks; `data` (the templates)
 * comes in the reader's language already. `more` are dictionaries of one editor alone, by language.
 */
export function sayer(locale, data, more = {}) {
  const dictionary = DICTIONARIES[locale] && { ...DICTIONARIES[locale], ...more[locale] };
  const known = new Set(JSON.stringify(data).match(/"(?:[^"\\]|\\.)*"/g).map((text) => JSON.parse(text)));
  const unsaid = new Set();
  function say(text, values = {}) {
    if (dictionary && !(text in dictionary) && !known.has(text) && /[A-Za-z]{2}/.test(text)) unsaid.add(text);
    return (dictionary?.[text] ?? text).replace(/{([^}]+)}/g, (all, key) => values[key.trim()] ?? all);
  }
  return { say, unsaid, module: { translate: ['value', say] } };
}
