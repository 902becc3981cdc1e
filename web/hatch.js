// The pattern of what is not complete yet.

/** Diagonal lines of one colour on another, for a canvas. */
export function hatched(stroke, background) {
  const tile = document.createElement("canvas");
  tile.width = 8;
  tile.height = 8;
  const context = tile.getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = stroke;
  context.lineWidth = 2;
  context.beginPath();
  for (const offset of [-8, 0, 8]) {
    context.moveTo(offset, 8);
    context.lineTo(offset + 8, 0);
  }
  context.stroke();
  return context.createPattern(tile, "repeat");
}
