/** A column is named by its title; numbers stand to the right. */
export interface Column {
  readonly title: string;
  readonly isNumber: boolean;
}

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Writes a markdown table. Throws when a row has not one cell a column. */
export const writeTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  for (const row of rows)
    if (row.length !== columns.length)
      throw new RangeError(`A row has ${row.length} cells for ${columns.length} columns`);
  const rule = columns.map(({ isNumber }) => (isNumber ? '---:' : '---'));
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join('\n');
};

/** A ratio as people read it: two digits below ten, one above. */
export const writeRatio = (ratio: number): string => ratio.toFixed(ratio < 10 ? 2 : 1);
