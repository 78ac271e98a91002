import { EVERY_SECRET, EVERYWHERE } from '../warnings.ts';

/** What Helm prints after it has installed the chart: where the rights hold, and that they are wide where they are. */
export const NOTES = `kassette may work {{ if .Values.clusterWide }}in every namespace{{ else }}in these namespaces: {{ join ", " .Values.datacenterNamespaces }}{{ end }}.
It may read {{ if .Values.allSecrets }}every secret there{{ else }}these secrets there: {{ join ", " .Values.secrets }}{{ end }}.
{{- if .Values.clusterWide }}

WARNING: ${EVERYWHERE}
{{- end }}
{{- if .Values.allSecrets }}

WARNING: ${EVERY_SECRET}
{{- end }}

Check the set-up of a namespace: kassette doctor --namespace NAMESPACE
`;
