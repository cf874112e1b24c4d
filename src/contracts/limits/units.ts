export const KIB = 1024;
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 3600 * SECOND;
export const DAY = 24 * HOUR;
