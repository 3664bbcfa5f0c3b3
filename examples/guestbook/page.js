// The one page. Everything a visitor typed goes through escapeHtml.
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escapeHtml(text) {
  return String(text).replaceAll(/[&<>"']/g, (character) => ESCAPES[character]);
}

const STYLE = `
  :root { color-scheme: light dark; --ink: #1c2430; --paper: #f6f4ef; --card: #fff; --line: #e2ddd2; --accent: #0b6e6e; --soft: #6b7280; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --paper: #14181d; --card: #1d232a; --line: #2d353e; --accent: #4fc3c3; --soft: #98a2ad; } }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.5 system-ui, sans-serif; }
  main { max-width: 40rem; margin: 0 auto; padding: 3rem 1.25rem; }
  h1 { margin: 0; font-size: 2rem; letter-spacing: -0.02em; }
  .badges { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.75rem 0 2rem; padding: 0; list-style: none; }
  .badges li { padding: 0.1rem 0.7rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card); color: var(--soft); font-size: 0.85rem; }
  .badges b { color: var(--accent); }
  form, .entry { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem; }
  form { display: grid; gap: 0.75rem; }
  input, textarea { width: 100%; padding: 0.55rem 0.7rem; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); color: inherit; font: inherit; }
  textarea { min-height: 5rem; resize: vertical; }
  button { justify-self: start; padding: 0.55rem 1.2rem; border: 0; border-radius: 8px; background: var(--accent); color: var(--paper); font: inherit; font-weight: 600; cursor: pointer; }
  .entry { margin-top: 0.9rem; }
  .entry p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  .entry footer { margin-top: 0.5rem; color: var(--soft); font-size: 0.85rem; }
  .note { margin: 1rem 0 1.5rem; color: var(--soft); font-size: 0.9rem; }
`;

const NOTES = {
  memory:
    "Entries live in the memory of this one instance: another instance has its own, and a new release starts empty. Set DATA_FILE to keep them.",
  file: "Entries are kept in the file named by DATA_FILE.",
};

export function renderPage({ release, instance, entries, kept, name }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Guestbook</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Guestbook</h1>
<ul class="badges"><li>release <b>${escapeHtml(release)}</b></li><li>answered by <b>${escapeHtml(instance)}</b></li></ul>
<form method="post" action="/entries">
<input name="name" maxlength="60" placeholder="Your name" aria-label="Your name" value="${escapeHtml(name)}" required>
<textarea name="text" maxlength="500" placeholder="Leave a line or two" aria-label="Entry" required></textarea>
<button>Sign</button>
</form>
<p class="note">${NOTES[kept]}</p>
${entries.map(renderEntry).join("\n")}
</main>
</body>
</html>
`;
}

function renderEntry(entry) {
  const signed = `${escapeHtml(entry.name)} · ${escapeHtml(entry.at)} · via ${escapeHtml(entry.instance)}`;
  return `<article class="entry"><p>${escapeHtml(entry.text)}</p><footer>${signed}</footer></article>`;
}
