/** Dashboards, objectives and alerts: their queries are right, they ask for metrics that there are, and Prometheus finds whom it asks. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { METRICS } from '../../src/telemetry/index.ts';
import { SDK_METRICS } from '../../src/telemetry/sdk-metrics.ts';
import { promtool } from '../support/promtool.ts';
import { at, environment, service, settings, text, yaml } from './compose-file.ts';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
}

const DASHBOARDS = readdirSync(at('deploy/grafana/dashboards'));
const dashboard = (file: string): Dashboard =>
  JSON.parse(text(`deploy/grafana/dashboards/${file}`)) as Dashboard; // safety: Grafana's format

/** What Grafana puts in the place of its variables. */
const asked = (expr: string): string => expr.replaceAll('$__rate_interval', '1m').replaceAll('$tenant', '.*');

const queries = DASHBOARDS.flatMap((file) =>
  dashboard(file).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [`${file}: ${title}`, asked(expr)] as const),
  ),
);

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly alert?: string; readonly expr: string }[];
  }[];
}

const { groups } = yaml('deploy/prometheus/rules.yml') as Rules; // safety: promtool checks it
const rules = groups.flatMap((group) => group.rules);
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
const exprs = [
  ...queries,
  // A budget is a number.
  ...rules
    .filter(({ expr }) => !expr.startsWith('vector('))
    .map(({ record, alert, expr }) => [record ?? alert ?? '', expr] as const),
];

const OWN = new Map<string, readonly string[]>(
  Object.entries(METRICS).map(([name, { labels }]) => [name, labels]),
);
/** Of Prometheus: what each sample has besides. */
const ADDED = ['job', 'instance', 'le'];

/** What is asked for: names, each with the labels that it is chosen by. */
function selectors(expr: string): readonly (readonly [string, readonly string[]])[] {
  const found = expr.matchAll(/\b((?:convoke|temporal|process)[_:][\w:]*|up)\b(?:\{([^}]*)\})?/g);
  return [...found].map(([, name = '', inside = '']) => [
    name,
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  ]);
}

describe('promtool', () => {
  test('takes the configuration and the rules', () => {
    expect(promtool('check', 'config', at('deploy/prometheus/prometheus.yml'))).toContain('SUCCESS');
    expect(promtool('check', 'rules', at('deploy/prometheus/rules.yml'))).toContain('SUCCESS');
  });

  test('sees each alert come when it should, and not when it should not', () => {
    expect(promtool('test', 'rules', at('deploy/prometheus/rules.test.yml'))).toContain('SUCCESS');
    const tested = text('deploy/prometheus/rules.test.yml');
    const alerts = rules.flatMap(({ alert }) => alert ?? []);
    expect(alerts.filter((alert) => !tested.includes(`alertname: ${alert}`))).toEqual([]);
  });

  test('understands each query of the dashboards', () => {
    const folder = mkdtempSync(join(tmpdir(), 'convoke-queries-'));
    try {
      const file = join(folder, 'queries.yml');
      const all = queries.map(([, expr], index) => ({ record: `q:${index}`, expr }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules: all }] }));
      expect(promtool('check', 'rules', file)).toContain(`SUCCESS: ${queries.length} rules found`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('queries ask for what there is', () => {
  test.each(exprs)('%s', (_, expr) => {
    const found = selectors(expr);
    expect(found.length).toBeGreaterThan(0);
    for (const [name, labels] of found) {
      const family = OWN.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
      const own = OWN.get(family);
      const isKnown = own !== undefined || family in SDK_METRICS || recorded.has(name) || name === 'up';
      expect([name, isKnown]).toEqual([name, true]);
      if (own)
        expect([name, labels.filter((label) => ![...own, ...ADDED].includes(label))]).toEqual([name, []]);
    }
  });

  test('and each metric of the table is shown or warned about', () => {
    const shown = new Set(exprs.flatMap(([, expr]) => selectors(expr).map(([name]) => name)));
    const names = [...OWN.keys()].filter((name) => name !== 'process_start_time_seconds');
    const isShown = (name: string): boolean => ['', '_bucket', '_count'].some((end) => shown.has(name + end));
    expect(names.filter((name) => !isShown(name))).toEqual([]);
    expect(Object.keys(SDK_METRICS).filter((name) => !isShown(name))).toEqual([]);
  });
});

describe('in the compose file', () => {
  test('they start on demand only', () => {
    for (const name of ['prometheus', 'grafana']) expect(service(name).profiles).toEqual(['observe']);
  });

  test('Prometheus asks gateways and workers at the port where they answer', () => {
    const { scrape_configs: jobs } = yaml('deploy/prometheus/prometheus.yml') as {
      scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
    }; // safety: promtool checks it
    const found = jobs.flatMap(({ dns_sd_configs: targets }) =>
      targets.map((target) => [...target.names, target.port]),
    );
    const port = (role: string): number =>
      Number(environment(role, settings('deploy/try.env'))['CONVOKE_METRICS_PORT']);
    expect(found).toEqual(['gateway', 'worker'].map((role) => [role, port(role)]));
    expect(jobs.map(({ job_name: job }) => job)).toEqual(['convoke-gateway', 'convoke-worker']);
    for (const role of ['gateway', 'worker']) expect(service(role).ports).toBeUndefined();
  });

  test('its version is the one whose promtool tests the rules', () => {
    const [, version] = /^prom\/prometheus:v(.+)$/.exec(service('prometheus').image) ?? [];
    expect(text('scripts/promtool.mjs')).toContain(`file: 'promtool-${version}'`);
    expect(text('scripts/promtool.mjs')).toContain(`@v0.3${version?.split('.').slice(1).join('.')}`);
  });

  test('Grafana finds Prometheus and the dashboards', () => {
    const { datasources } = yaml('deploy/grafana/provisioning/datasources/prometheus.yml') as {
      datasources: { url: string }[];
    };
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
    const { providers } = yaml('deploy/grafana/provisioning/dashboards/convoke.yml') as {
      providers: { options: { path: string } }[];
    };
    const mounts = service('grafana').volumes ?? [];
    for (const { options } of providers)
      expect(mounts).toContain(`./deploy/grafana/dashboards:${options.path}:ro`);
    const home = service('grafana').environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(DASHBOARDS.map((file) => `${providers[0]?.options.path}/${file}`)).toContain(home);
    expect(new Set(DASHBOARDS.map((file) => dashboard(file).uid)).size).toBe(DASHBOARDS.length);
  });
});
