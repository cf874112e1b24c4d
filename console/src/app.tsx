/** The frame around all pages: navigation, the connection, the theme. */
import { Component, Suspense, useEffect } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { PAGES } from './pages/index.ts';
import type { PageSpec } from './pages/index.ts';
import { AccessGate, useAccess } from './shared/access.tsx';
import type { Access } from './shared/access.tsx';
import { Connection } from './shared/connection.tsx';
import { Mark } from './shared/icons.tsx';
import { Empty, ErrorNote, Loading } from './shared/notes.tsx';
import { go, Link, match, START, to, usePlace } from './shared/router.tsx';
import { Theme } from './shared/theme.tsx';

/** A page that throws does not take the navigation away. */
class Fence extends Component<{ readonly children: ReactNode }, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? (
      // A page that could not be loaded is asked for again by a reload alone.
      <section className="page">
        <ErrorNote error={error} retry={() => location.reload()} />
      </section>
    ) : (
      this.props.children
    );
  }
}

function opens({ kind, admin }: Access, needs: PageSpec['needs']): boolean {
  return needs === 'operator' ? admin !== null : needs === 'any' || needs === kind;
}

function Nav(): ReactElement {
  const access = useAccess();
  const { path } = usePlace();
  const pages = PAGES.filter(({ nav, needs }) => nav !== undefined && opens(access, needs));
  return (
    <nav aria-label="Pages">
      {pages.map((page) => (
        <Link
          key={page.path}
          to={to(page.path)}
          aria-current={path === page.path || path.startsWith(`${page.path}/`) ? 'page' : undefined}
        >
          {page.nav}
        </Link>
      ))}
    </nav>
  );
}

/** Where a key leads to that opens no sessions. */
const OPERATORS_START = '/system';

function Page(): ReactElement | null {
  const access = useAccess();
  const { path } = usePlace();
  const isElsewhere = path === START && !opens(access, 'tenant');
  useEffect(() => {
    if (isElsewhere) go(to(OPERATORS_START), { replace: true });
  }, [isElsewhere]);
  if (isElsewhere) return null;
  for (const { path: pattern, needs, Component: Body } of PAGES) {
    const params = match(pattern, path);
    if (!params) continue;
    if (needs !== 'any' && !opens(access, needs)) return <Refused needs={needs} />;
    return (
      <Fence key={path}>
        <Suspense fallback={<Loading what="the page" />}>
          <Body params={params} />
        </Suspense>
      </Fence>
    );
  }
  return (
    <Empty title="There is no such page">
      <p>
        The address may be of another version. <Link to={to('/sessions')}>All sessions</Link>
      </p>
    </Empty>
  );
}

function Refused({ needs }: { readonly needs: 'tenant' | 'operator' }): ReactElement {
  const { signOut } = useAccess();
  return (
    <Empty
      title={needs === 'operator' ? 'This page needs an operator’s key' : 'This page needs a key of a tenant'}
    >
      <p>
        {needs === 'operator'
          ? 'The key that you use belongs to a tenant, and opens its sessions.'
          : 'An operator’s key opens tenants and the system, and no sessions.'}
      </p>
      <button type="button" className="button" onClick={signOut}>
        Use another key
      </button>
    </Empty>
  );
}

function Frame(): ReactElement {
  const { devMode, signOut, kind } = useAccess();
  const { path } = usePlace();
  useEffect(() => {
    document.title = `${path.split('/').filter(Boolean).map(decodeURIComponent).join(' · ')} · Convoke`;
  }, [path]);
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the page
      </a>
      <header className="frame">
        <Link to={to(START)} className="home" aria-label="Convoke, start">
          <Mark />
          <span>Convoke</span>
        </Link>
        <Nav />
        <div className="frame-end">
          {kind === 'tenant' && <Connection />}
          <Theme />
          {!devMode && (
            <button type="button" className="button small quiet" onClick={signOut}>
              Forget key
            </button>
          )}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <Page />
      </main>
    </>
  );
}

export function App(): ReactElement {
  return (
    <AccessGate>
      <Frame />
    </AccessGate>
  );
}
