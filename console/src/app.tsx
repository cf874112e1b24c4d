/** The frame around all pages: navigation, the connection, the theme. */
import { Component, Suspense, useEffect } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { PAGES } from './pages/index.ts';
import type { PageSpec } from './pages/index.ts';
import { AccessGate, useAccess } from './shared/access.tsx';
import { Connection } from './shared/connection.tsx';
import { Mark } from './shared/icons.tsx';
import { KeySwitch } from './shared/key-switch.tsx';
import { fitting, homeOf } from './shared/keys.ts';
import type { Wanted } from './shared/keys.ts';
import { Empty, ErrorNote, Loading } from './shared/notes.tsx';
import { Link, match, to, usePlace } from './shared/router.tsx';
import { SIGN_IN, SignIn } from './shared/sign-in.tsx';
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

interface Found {
  readonly page: PageSpec;
  readonly params: NonNullable<ReturnType<typeof match>>;
}

function pageAt(path: string): Found | null {
  for (const page of PAGES) {
    const params = match(page.path, path);
    if (params) return { page, params };
  }
  return null;
}

const needsOf = (path: string): Wanted['needs'] => pageAt(path)?.page.needs ?? null;

function Nav(): ReactElement {
  const { keys } = useAccess();
  const { path } = usePlace();
  const pages = PAGES.filter(({ nav, needs }) => nav !== undefined && fitting(keys, { needs, tenant: null }));
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

function Page(): ReactElement {
  const { keys, signIn } = useAccess();
  const { path, query } = usePlace();
  const found = pageAt(path);
  if (path === SIGN_IN) return <SignIn title="Another key" error={null} open={signIn} />;
  if (!found)
    return (
      <Empty title="There is no such page">
        <p>
          The address may be of another version. <Link to={to(homeOf(keys[0]))}>The first page</Link>
        </p>
      </Empty>
    );
  const { page, params } = found;
  const tenant = query.get('tenant');
  if (!fitting(keys, { needs: page.needs, tenant }))
    return <SignIn key={path} title={missing(page.needs, tenant)} error={null} open={signIn} />;
  return (
    <Fence key={path}>
      <Suspense fallback={<Loading what="the page" />}>
        <page.Component params={params} />
      </Suspense>
    </Fence>
  );
}

function missing(needs: PageSpec['needs'], tenant: string | null): string {
  if (needs === 'operator') return 'This page needs an operator’s key';
  return tenant === null ? 'This page needs a key of a tenant' : `This page needs a key of ${tenant}`;
}

function Frame(): ReactElement {
  const { keys, tenant } = useAccess();
  const { path } = usePlace();
  const needs = needsOf(path);
  const current = needs === 'tenant' ? tenant : fitting(keys, { needs, tenant: null });
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
        <Link to={to(homeOf(current))} className="home" aria-label="Convoke, start">
          <Mark />
          <span>Convoke</span>
        </Link>
        <Nav />
        <div className="frame-end">
          {tenant && <Connection />}
          <KeySwitch current={current} />
          <Theme />
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
    <AccessGate needsOf={needsOf}>
      <Frame />
    </AccessGate>
  );
}
