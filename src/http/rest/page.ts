import { marked } from 'marked';

/**
 * A page of the documentation as HTML without styles or scripts: it is read by people who followed an error's link.
 * @param markdown a page of docs/
 */
export function renderPage(markdown: string): string {
  const [, title = 'ECR control plane'] = /^# (.+)$/m.exec(markdown) ?? [];
  const body = marked
    .parse(withServedLinks(markdown), { async: false })
    .replaceAll(/<h([1-6])>([^<]+)<\/h\1>/g, heading);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} - ECR control plane</title></head>
<body>
${body}</body>
</html>
`;
}

/** Pages are served side by side as they lie; what else lies in the repository is not there to be linked to. */
function withServedLinks(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\((?:\.\.\/|decisions\/|\.\/)[^)]*\)/g, '$1');
}

/** Headings have the ids by which GitHub links to them, so that the same link works in both places. */
function heading(_all: string, level: string, text: string): string {
  const id = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
  return `<h${level} id="${id}">${text}</h${level}>`;
}
