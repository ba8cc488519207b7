// Shows and hides the parts of a form while it is filled in. The server decides again with the same conditions:
// data-hide carries the list of trees that engine/tasks/conditions.py reads from the form.
export function follow(form) {
  const parts = [...form.querySelectorAll('[data-hide]')].map((element) => [element, JSON.parse(element.dataset.hide)]);
  if (!parts.length) return;
  const refresh = () => {
    for (let round = 0; round <= parts.length; round += 1) {
      const answers = read(form);
      let changed = false;
      for (const [element, trees] of parts) {
        const hidden = trees.some((tree) => value(tree, answers) === true);
        changed ||= element.hidden !== hidden;
        element.hidden = hidden;
      }
      if (!changed) break;
    }
  };
  form.addEventListener('input', refresh);
  refresh();
}

for (const form of document.querySelectorAll('.task-form')) follow(form);

/** Typed answers of the fields that are shown: a hidden one counts as unanswered. */
function read(form) {
  const answers = {};
  for (const field of form.querySelectorAll('.field[data-key]')) {
    const { key, type } = field.dataset;
    answers[key] = field.closest('[hidden]') ? null : answer(field, key, type);
  }
  return answers;
}

function answer(field, key, type) {
  const inputs = [...field.querySelectorAll('input, select, textarea')];
  const checked = inputs.filter((input) => input.checked).map((input) => input.value);
  if (type === 'checkbox') return inputs.some((input) => input.checked);
  if (type === 'radio') return checked[0] ?? null;
  if (type === 'checklist' || type === 'taglist') return checked.length ? checked : null;
  if (type === 'filepicker') return checked.length || inputs.some((input) => input.files?.length || input.type === 'hidden') ? checked : null;
  const text = inputs[0]?.value.trim() ?? '';
  if (text === '') return null;
  return type === 'number' ? Number(text) : text;
}

export function value(tree, answers) {
  const [head, ...rest] = tree;
  if (head === 'value') return rest[0];
  if (head === 'name') return answers[rest[0]] ?? null;
  if (head === 'and') return value(rest[0], answers) === true && value(rest[1], answers) === true;
  if (head === 'or') return value(rest[0], answers) === true || value(rest[1], answers) === true;
  if (head === 'not') return value(rest[0], answers) !== true;
  const [left, right] = rest.map((each) => value(each, answers));
  if (head === 'contains') return Array.isArray(left) && left.includes(right);
  if (head === '=') return left === right;
  if (head === '!=') return left !== right;
  if (left === null || right === null || typeof left !== typeof right || typeof left === 'boolean') return false;
  if (head === '<') return left < right;
  if (head === '<=') return left <= right;
  return head === '>' ? left > right : left >= right;
}
