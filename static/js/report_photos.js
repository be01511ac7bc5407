// Photos on the public form are made small before they leave the phone; without this script
// they are sent as they are, and made small on arrival.
import { shrink } from "./shrink.js";

async function makeSmall(input) {
  const chosen = Array.from(input.files);
  const small = new DataTransfer();
  for (const file of chosen) {
    const content = await shrink(file);
    const isSame = content === file || content.size >= file.size;
    small.items.add(isSame ? file : new File([content], file.name, { type: content.type }));
  }
  // Others may have been chosen meanwhile.
  if (chosen.every((file, number) => file === input.files[number])) input.files = small.files;
}

const input = document.querySelector("input[type=file]");
if (input) input.addEventListener("change", () => { makeSmall(input).catch(() => undefined); });
