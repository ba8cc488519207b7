// A signature by finger or pen: strokes on a canvas become a PNG in the file field of the form.
const INK = '#10202a';
const WIDTH = 2.6;

for (const box of document.querySelectorAll('[data-pad]')) {
  const pad = box.querySelector('.pad');
  const canvas = pad.querySelector('canvas');
  const clear = pad.querySelector('.pad-clear');
  const input = box.querySelector('input[type="file"]');
  let strokes = [];
  const said = box.querySelector('.paper-said');
  pad.hidden = false;
  box.classList.add('scripted');
  new ResizeObserver(draw).observe(canvas);

  canvas.addEventListener('pointerdown', (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    strokes.push([place(event)]);
    draw();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) strokes.at(-1).push(place(each));
    draw();
  });
  canvas.addEventListener('pointerup', (event) => canvas.hasPointerCapture(event.pointerId) && keep());
  canvas.addEventListener('pointercancel', () => keep());
  clear.addEventListener('click', () => {
    strokes = [];
    draw();
    put(null);
  });

  input.addEventListener('change', () => {
    strokes = [];
    draw();
    said.textContent = input.files[0]?.name ?? '';
    said.hidden = !said.textContent;
  });

  /** In parts of the width, so that turning the phone loses nothing. */
  function place(event) {
    const frame = canvas.getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.width];
  }

  function draw() {
    const sharp = Math.min(devicePixelRatio, 3);
    canvas.width = canvas.clientWidth * sharp;
    canvas.height = canvas.clientHeight * sharp;
    const pen = canvas.getContext('2d');
    Object.assign(pen, { lineWidth: WIDTH * sharp, lineCap: 'round', lineJoin: 'round', strokeStyle: INK, fillStyle: '#fff' });
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (const stroke of strokes) {
      pen.beginPath();
      for (const [x, y] of stroke) pen.lineTo(x * canvas.width, y * canvas.width);
      if (stroke.length === 1) pen.lineTo(stroke[0][0] * canvas.width + 0.1, stroke[0][1] * canvas.width);
      pen.stroke();
    }
    pad.classList.toggle('drawn', strokes.length > 0);
    clear.hidden = !strokes.length;
  }

  /** At once, so that a quick tap on the button finds it in the form. */
  function keep() {
    const [, text] = canvas.toDataURL('image/png').split(',');
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    put(new File([bytes], 'signature.png', { type: 'image/png' }));
  }

  function put(file) {
    const files = new DataTransfer();
    if (file) files.items.add(file);
    input.files = files.files;
    said.hidden = true;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
}
