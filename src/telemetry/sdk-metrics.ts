/** What dashboards and alerts use of what Temporal's native library counts in each worker. It tells more: https://docs.temporal.io/references/sdk-metrics. */
export const SDK_METRICS: Readonly<Record<string, string>> = {
  temporal_workflow_task_schedule_to_start_latency_seconds:
    'How long workflow tasks wait for a worker (histogram).',
  temporal_workflow_task_execution_latency_seconds: 'How long a worker works at one (histogram).',
  temporal_workflow_task_execution_failed_total:
    'Workflow tasks that have failed; absent as long as none has.',
  temporal_activity_schedule_to_start_latency_seconds: 'How long activities wait for a worker (histogram).',
  temporal_sticky_cache_size: 'Sessions that a worker holds in memory.',
  temporal_sticky_cache_hit_total: 'Workflow tasks whose session was there.',
  temporal_sticky_cache_miss_total: 'Workflow tasks whose session had to be replayed.',
  temporal_worker_task_slots_used: 'Tasks that are at work, by `worker_type`.',
  temporal_request_latency_seconds: 'Calls of the worker to Temporal, by `operation` (histogram).',
  temporal_request_failure_total: 'Such calls that have failed.',
};
