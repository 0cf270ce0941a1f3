// The hours of a week and of single days, as they are typed: "09:00-12:00, 13:00-18:00".
import type { Schema } from '../../api/client';

type WeekInterval = Schema['ScheduleWeekInterval'];
type Interval = Schema['ScheduleInterval'];

export const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Day = (typeof days)[number];

/** The hours of a line; null when it cannot be read. */
export function readHours(line: string): Interval[] | null {
  const parts = line.split(/[,;]/).map((part) => part.trim()).filter(Boolean);
  const read = parts.map((part) => /^(\d{1,2})(:\d\d(?::\d\d)?)?\s*[-–]\s*(\d{1,2})(:\d\d(?::\d\d)?)?$/.exec(part));
  if (read.some((r) => r === null)) return null;
  const time = (hour = '', rest = ':00') => `${hour.padStart(2, '0')}${rest}`;
  return read.map((r) => ({ from: time(r?.[1], r?.[2]), to: time(r?.[3], r?.[4]) }));
}

/** Hours as a line. */
export function hourLine(list: readonly Interval[]): string {
  return list.map((i) => `${i.from}–${i.to}`).join(', ');
}

/** The hours of each day of the week as lines. */
export function weekLines(list: readonly WeekInterval[]): Record<Day, string> {
  return Object.fromEntries(days.map((day) => [day, hourLine(list.filter((i) => i.day === day))])) as Record<Day, string>;
}

/** The time zones that this browser knows. */
export function zones(): string[] {
  return Intl.supportedValuesOf?.('timeZone') ?? [];
}
