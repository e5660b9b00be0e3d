{{/*
An image reference; the digest wins over the tag: {{ include "llama-small.image" .Values.engine.image }}
*/}}
{{- define "llama-small.image" -}}
{{- .repository }}{{ .digest | empty | ternary (printf ":%s" .tag) (printf "@%s" .digest) -}}
{{- end }}

{{/*
One value as literal text. Kubernetes turns $$ into $ and $(NAME) into a variable, so each $ is doubled;
numbers go through JSON, or 1048576 would become 1.048576e+06: {{ include "llama-small.literal" $value }}
*/}}
{{- define "llama-small.literal" -}}
{{- kindIs "string" . | ternary . (toRawJson .) | replace "$" "$$" | quote -}}
{{- end }}

{{/*
A map of variables as env entries. {expand: ...} entries come last, for they may use the others:
{{ include "llama-small.env" .Values.engine.env }}
*/}}
{{- define "llama-small.env" -}}
{{- range $name, $value := . }}
{{- if not (kindIs "map" $value) }}
- name: {{ quote $name }}
  value: {{ include "llama-small.literal" $value }}
{{- else if hasKey $value "valueFrom" }}
- name: {{ quote $name }}
  {{- toYaml $value | nindent 2 }}
{{- end }}
{{- end }}
{{- range $name, $value := . }}
{{- if and (kindIs "map" $value) (hasKey $value "expand") }}
- name: {{ quote $name }}
  value: {{ $value.expand | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The engine's argv: the command, the further served names, then the arguments sorted by flag:
{{ include "llama-small.argv" (dict "root" . "args" .Values.engine.args) }}
*/}}
{{- define "llama-small.argv" -}}
{{- range .root.Values.engine.command }}
- {{ quote . }}
{{- end }}
{{- range rest .root.Values.model.servedName }}
- {{ include "llama-small.literal" . }}
{{- end }}
{{- range $flag, $value := .args }}
{{- include "llama-small.flag" (dict "flag" (printf "--%s" $flag) "value" $value "once" (has $flag $.root.Values.engine.repeatable)) }}
{{- end }}
{{- end }}

{{/*
One flag. true is the bare flag, false and null are none; a list is one flag with many values, or the flag
once per value (once); a map is JSON, but {expand: ...} is text in which Kubernetes expands $(NAME).
*/}}
{{- define "llama-small.flag" -}}
{{- if kindIs "slice" .value }}
{{- range $index, $item := .value }}
{{- if or $.once (eq $index 0) }}
- {{ quote $.flag }}
{{- end }}
- {{ include "llama-small.literal" $item }}
{{- end }}
{{- else if not (has .value (list false nil)) }}
- {{ quote .flag }}
{{- if and (kindIs "map" .value) (hasKey .value "expand") }}
- {{ quote .value.expand }}
{{- else if not (kindIs "bool" .value) }}
- {{ include "llama-small.literal" .value }}
{{- end }}
{{- end }}
{{- end }}
