declare const brand: unique symbol;

/** A value of type `T` that has been verified to be a `Name`; only the parser of that name makes one. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
