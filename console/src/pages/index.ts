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

export const PAGES: readonly PageSpec[] = [
  {
    path: '/sessions',
    nav: 'Sessions',
    needs: 'tenant',
    Component: lazy(() => import('./sessions/index.tsx').then((page) => ({ default: page.SessionsPage }))),
  },
  {
    path: '/sessions/:id',
    needs: 'tenant',
    Component: lazy(() => import('./session/index.tsx').then((page) => ({ default: page.SessionPage }))),
  },
  {
    path: '/sessions/:id/messages/:message',
    needs: 'tenant',
    Component: lazy(() => import('./message/index.tsx').then((page) => ({ default: page.MessagePage }))),
  },
  {
    path: '/tenants',
    nav: 'Tenants',
    needs: 'operator',
    Component: lazy(() => import('./tenants/index.tsx').then((page) => ({ default: page.TenantsPage }))),
  },
  {
    path: '/tenants/:id',
    needs: 'operator',
    Component: lazy(() => import('./tenants/tenant.tsx').then((page) => ({ default: page.TenantPage }))),
  },
  {
    path: '/system',
    nav: 'System',
    needs: 'operator',
    Component: lazy(() => import('./system/index.tsx').then((page) => ({ default: page.SystemPage }))),
  },
];
