import type { Environment } from '../source.ts';

/** Whether the standard variables ask for traces. @see OpenTelemetry Environment Variable Specification */
export const asksForTraces = ({
  OTEL_SDK_DISABLED,
  OTEL_TRACES_EXPORTER,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
}: Environment): boolean => {
  if (OTEL_SDK_DISABLED === 'true' || OTEL_TRACES_EXPORTER === 'none') return false;
  const endpoint = OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? OTEL_EXPORTER_OTLP_ENDPOINT ?? '';
  return endpoint !== '' || OTEL_TRACES_EXPORTER === 'otlp';
};
