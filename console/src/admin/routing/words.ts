// Lists that are typed as words with commas between them.

/** The words of a line. */
export function words(line: string): string[] {
  return [...new Set(line.split(',').map((w) => w.trim()))].filter(Boolean);
}

interface Skill {
  name: string;
  level?: number;
}

/** The skills of a line: "billing, french 3", a number being the least level that will do. */
export function skills(line: string): Skill[] {
  return words(line).map((word) => {
    const [, name, level] = /^(.*\S)\s+([1-5])$/.exec(word) ?? [];
    return name && level ? { name, level: Number(level) } : { name: word };
  });
}

/** Skills as a line. */
export function skillLine(list: readonly Skill[]): string {
  return list.map((s) => ((s.level ?? 1) > 1 ? `${s.name} ${s.level}` : s.name)).join(', ');
}
