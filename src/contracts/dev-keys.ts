/** Keys that everybody knows: they open a gateway in dev mode, and no other. */

/** Of the tenant `dev`. */
export const DEV_KEY = 'dev';
/** For `/v1/admin`. */
export const DEV_OPERATOR_KEY = 'dev-operator';
