/** What stands around the dashboard's pages, to whoever sees them. */
export interface PageFrame {
  /** There is a login to end. */
  readonly canLogOut: boolean;
  readonly hasRecords: boolean;
  readonly hasTelephone: boolean;
}

/** The dashboard's pages, by their paths. */
export const PAGE_PATHS = {
  live: "/dashboard",
  calls: "/dashboard/calls",
  telephone: "/dashboard/telephone",
} as const;

const LOG_OUT =
  `<form method="post" action="/dashboard/logout" class="log-out"><button>Log out</button></form>`;

/** What stands in place of `<!--nav-->` and `<!--logout-->` in a page. */
export function frameSlots(
  { canLogOut, hasRecords, hasTelephone }: PageFrame,
  current: keyof typeof PAGE_PATHS,
): { nav: string; logout: string } {
  const links = [
    ["live", "Live"],
    ...hasRecords ? [["calls", "Calls"]] : [],
    ...hasTelephone ? [["telephone", "Telephone"]] : [],
  ] as [keyof typeof PAGE_PATHS, string][];
  const items = links.map(([page, name]) =>
    `<a href="${PAGE_PATHS[page]}"${page === current ? ' aria-current="page"' : ""}>${name}</a>`
  );
  return {
    nav: `<nav aria-label="Pages">${items.join("")}</nav>`,
    logout: canLogOut ? LOG_OUT : "",
  };
}
