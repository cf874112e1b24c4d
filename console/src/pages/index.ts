/**
 * The pages. A page is a folder here, loaded when it is opened first. To add one: a folder with a component that takes `PageProps`, and an entry
 * in this list; what pages share is in `../shared`.
 */
import { lazy } from 'react';
import type { ComponentType } from 'react';

/** What the address says: `/sessions/{id}` gives `{ id }`. */
export interface PageProps {
  readonly params: Readonly<Record<string, string>>;
}

export interface PageSpec {
  /** In the address, behind `#`; `:name` stands for one part of it. */
  readonly path: string;
  /** In the navigation; absent: it is reached from another page. */
  readonly nav?: string;
  /** Who may open it: keys and tokens of a tenant, keys of operators (`/v1/admin`), or both. */
  readonly needs: 'tenant' | 'operator' | 'any';
  readonly Component: ComponentType<PageProps>;
}

/** After a deployment a page that is open may ask for files of the version before. */
function loaded(load: () => Promise<ComponentType<PageProps>>): ComponentType<PageProps> {
  return lazy(() =>
    load().then(
      (Page) => ({ default: Page }),
      (error: unknown) => {
        const told = 'This page could not be loaded: no gateway answers, or it has another version by now.';
        throw new Error(told, { cause: error });
      },
    ),
  );
}

export const PAGES: readonly PageSpec[] = [
  {
    path: '/sessions',
    nav: 'Sessions',
    needs: 'tenant',
    Component: loaded(() => import('./sessions/index.tsx').then(({ SessionsPage }) => SessionsPage)),
  },
  {
    path: '/sessions/:id',
    needs: 'tenant',
    Component: loaded(() => import('./session/index.tsx').then(({ SessionPage }) => SessionPage)),
  },
  {
    path: '/sessions/:id/messages/:message',
    needs: 'tenant',
    Component: loaded(() => import('./message/index.tsx').then(({ MessagePage }) => MessagePage)),
  },
  {
    path: '/sessions/:id/turns/:turn',
    needs: 'tenant',
    Component: loaded(() => import('./message/index.tsx').then(({ TurnPage }) => TurnPage)),
  },
  {
    path: '/tenants',
    nav: 'Tenants',
    needs: 'operator',
    Component: loaded(() => import('./tenants/index.tsx').then(({ TenantsPage }) => TenantsPage)),
  },
  {
    path: '/tenants/:id',
    needs: 'operator',
    Component: loaded(() => import('./tenants/tenant.tsx').then(({ TenantPage }) => TenantPage)),
  },
  {
    path: '/system',
    nav: 'System',
    needs: 'operator',
    Component: loaded(() => import('./system/index.tsx').then(({ SystemPage }) => SystemPage)),
  },
];
