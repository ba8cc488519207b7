// Photos and papers: shown at once, made smaller where they are huge, sent one by one with their progress.
// What cannot be sent now stays in the form and goes with it until it is taken out again; nothing chosen is lost. What is
// too large for the server is not sent at all.
const HUGE_BYTES = 3_000_000;
const LONGEST_EDGE = 2560;

for (const box of document.querySelectorAll('[data-papers]')) {
  box.classList.add('scripted');
  const inputs = [...box.querySelectorAll('input[type="file"]')];
  const list = box.querySelector('[data-chosen]') ?? addList(box);
  const said = box.querySelector('.paper-said');
  const waiting = new Map();
  let refused = [];
  let added = 0;
  const carrier = inputs.at(-1);
  for (const input of inputs) {
    input.addEventListener('change', async () => {
      const chosen = [...input.files];
      if (input !== carrier) input.value = '';
      say([]);
      for (const file of chosen) await take(file);
      carry();
      if (added && !box.dataset.key) location.reload(); // the page of a case tells all of it
    });
  }

  async function take(file) {
    const small = await smaller(file);
    if (small.size > Number(said.dataset.most)) return say([...refused, said.dataset.tooLarge.replace('%s', small.name)]);
    const tile = await tileOf(small);
    list.append(tile);
    const answer = box.dataset.upload ? await send(box, small, tile.querySelector('progress')) : null;
    if (answer === null) return wait(tile, small); // no network, or no case yet: it goes with the form
    tile.remove();
    say([...refused, ...(answer.refused ?? [answer.detail ?? ''])]);
    for (const paper of answer.added ?? []) settle(paper, tile);
  }

  function wait(tile, file) {
    const label = `${said.dataset.drop} ${file.name}`;
    const drop = Object.assign(document.createElement('button'), { type: 'button', className: 'quiet paper-drop', textContent: '×', ariaLabel: label });
    drop.addEventListener('click', () => {
      waiting.delete(tile);
      tile.remove();
      carry();
    });
    tile.querySelector('progress')?.replaceWith(drop);
    waiting.set(tile, file);
  }

  function settle(paper, tile) {
    added += 1;
    if (!box.dataset.key || list.querySelector(`input[value="${paper.id}"]`)) return;
    const tick = Object.assign(document.createElement('input'), { type: 'checkbox', name: box.dataset.key, value: paper.id, checked: true });
    const label = Object.assign(document.createElement('label'), { className: 'paper' });
    tile.querySelector('progress')?.remove();
    label.append(tick, ...tile.childNodes);
    const row = document.createElement('li');
    row.append(label);
    list.append(row);
    tick.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function carry() {
    const files = new DataTransfer();
    for (const file of waiting.values()) files.items.add(file);
    carrier.files = files.files;
    box.classList.toggle('waits', waiting.size > 0); // shows the button of a form that takes nothing but files
    carrier.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function say(sentences) {
    refused = sentences.filter(Boolean);
    said.textContent = refused.join('\n');
    said.hidden = !refused.length;
  }
}

function addList(box) {
  const list = document.createElement('ul');
  list.className = 'paper-list';
  box.querySelector('.paper-add').before(list);
  return list;
}

async function tileOf(file) {
  const tile = document.createElement('li');
  tile.className = 'paper';
  const name = Object.assign(document.createElement('span'), { className: 'paper-name', textContent: file.name });
  tile.append((await thumbnail(file)) ?? icon(), name, document.createElement('progress'));
  return tile;
}

function icon() {
  return Object.assign(document.createElement('span'), { className: 'paper-icon', ariaHidden: 'true', textContent: '▤' });
}

/** Drawn on a canvas, so that no address of the file ever enters the page. */
async function thumbnail(file) {
  const picture = await pictureOf(file);
  if (!picture) return null;
  const side = 112;
  const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side, ariaHidden: 'true' });
  const crop = Math.min(picture.width, picture.height);
  canvas.getContext('2d').drawImage(picture, (picture.width - crop) / 2, (picture.height - crop) / 2, crop, crop, 0, 0, side, side);
  picture.close();
  return canvas;
}

async function pictureOf(file) {
  try {
    return file.type.startsWith('image/') ? await createImageBitmap(file) : null;
  } catch {
    return null;
  }
}

/** A huge photo at 2560 pixels; every other file as it is, with what the camera wrote into it. */
async function smaller(file) {
  if (file.size <= HUGE_BYTES) return file;
  const picture = await pictureOf(file);
  if (!picture) return file;
  const scale = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement('canvas'), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const made = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
  if (!made || made.size >= file.size) return file;
  return new File([made], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg', lastModified: file.lastModified });
}

/** The answer as it came, or null when there is no network. */
function send(box, file, progress) {
  const form = box.closest('form');
  const body = new FormData();
  body.append('csrf_token', form.elements.csrf_token.value);
  body.append('files', file);
  if (form.elements.protected?.checked) body.append('protected', 'on');
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', box.dataset.upload);
    request.setRequestHeader('Accept', 'application/json');
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) => Object.assign(progress, { value: loaded, max: total }));
    request.addEventListener('load', () => resolve(request.response));
    request.addEventListener('error', () => resolve(null));
    request.send(body);
  });
}
