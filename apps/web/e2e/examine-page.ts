import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Counts layout shifts of every page from its beginning; to be called before the first. */
export const watchShifts = (page: Page): Promise<unknown> =>
  page.addInitScript(`window.shifts = [];
    new PerformanceObserver((list) => { for (const { value } of list.getEntries()) window.shifts.push(value); })
      .observe({ type: 'layout-shift', buffered: true });`);

const rules = `${axe.source}; axe.run(document).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).join(' ')))`;

const rest = `({ shifts: window.shifts ?? [], widens: document.documentElement.scrollWidth > innerWidth })`;

/** What is wrong with a page as it stands: every finding of axe, a layout shift, something wider than the screen. */
export const examinePage = async (page: Page): Promise<readonly string[]> => {
  const findings: unknown = await page.evaluate(rules);
  const { shifts, widens } = await page.evaluate<{ shifts: number[]; widens: boolean }>(rest);
  const moved = shifts.reduce((sum, value) => sum + value, 0);
  return [
    ...(Array.isArray(findings) ? findings.map(String) : ['axe did not run']),
    ...(moved > 0 ? [`the layout shifts by ${moved}`] : []),
    ...(widens ? ['the page is wider than the screen'] : []),
  ];
};

const motion = `[document.documentElement, ...document.querySelectorAll('*')].flatMap((element) =>
  ['', '::before', '::after'].flatMap((part) => {
    const style = getComputedStyle(element, part);
    const isLong = (durations) => durations.split(',').some((duration) => parseFloat(duration) > 0);
    const moves = {
      animation: style.animationName !== 'none' && isLong(style.animationDuration),
      transition: isLong(style.transitionDuration),
      'smooth scrolling': style.scrollBehavior === 'smooth',
    };
    const name = element.tagName.toLowerCase() + (element.className ? '.' + element.className : '') + part;
    return Object.keys(moves).filter((kind) => moves[kind]).map((kind) => name + ': ' + kind);
  }),
).concat(document.getAnimations().filter(({ playState }) => playState === 'running').map(() => 'a running animation'))`;

/** What moves on a page as it stands, or would at a change: animations, transitions and scrolling longer than nothing. */
export const findMotion = (page: Page): Promise<readonly string[]> => page.evaluate(motion);
