/** The form of a name. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;
/** Most variables of a call. */
export const MAX_VARIABLES = 32;
/** Longest value, in characters. */
export const MAX_VARIABLE_CHARS = 500;
/** Most bytes of all names and values as JSON: they travel, sealed, in URLs. */
export const MAX_VARIABLES_BYTES = 1_500;
