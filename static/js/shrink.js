// Photos made small before they are kept: at most 1280 pixels a side and 200 KB.

const SIDE = 1280;
const MOST = 200 * 1024;
const QUALITIES = [0.82, 0.7, 0.55, 0.4];

function decoded(file) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const reader = new FileReader();
    image.onload = () => resolve(image);
    image.onerror = reject;
    reader.onload = () => { image.src = reader.result; };
    reader.onerror = reject;
    reader.readAsDataURL(file);
  });
}

function encoded(canvas, quality) {
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", quality); });
}

// Return a small JPEG, or the file itself where this browser cannot read it.
export async function shrink(file) {
  try {
    const image = await decoded(file);
    const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    let small = null;
    for (const quality of QUALITIES) {
      small = await encoded(canvas, quality);
      if (small && small.size <= MOST) break;
    }
    return small || file;
  } catch (error) {
    return file;
  }
}
