/** `*` stands for part of one segment, `**` for anything. No expressions from outside are compiled but this plain form. */
export function compilePattern(pattern) {
  const source = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  const expression = new RegExp(`^${source.join("")}$`);
  return (path) => expression.test(path);
}
