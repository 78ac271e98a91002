/**
 * Helm's expressions inside generated YAML. Objects hold a plain word in an expression's place, so that nothing is quoted
 * around it; `write` puts the expressions in when the YAML is text.
 */
export class Expressions {
  readonly #expressions: { readonly text: string; readonly optional: boolean }[] = [];

  /** A value: `.Values.image | quote`. */
  value(text: string): string {
    return this.#word(text, false);
  }

  /** A value whose whole line is left out where it is empty. */
  optional(text: string): string {
    return this.#word(text, true);
  }

  write(yaml: string): string {
    return yaml
      .replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`)
      .split('\n')
      .map((line) => this.#line(line))
      .join('\n');
  }

  #word(text: string, optional: boolean): string {
    return `HELM${this.#expressions.push({ text, optional }) - 1}X`;
  }

  #line(line: string): string {
    const [, start, index] = /^( *\w+: )HELM(\d+)X$/.exec(line) ?? [];
    const whole = this.#expressions[Number(index)];
    if (start !== undefined && whole?.optional) {
      return `{{- with ${whole.text} }}\n${start}{{ toJson . }}\n{{- end }}`;
    }
    return line.replaceAll(/HELM(\d+)X/g, (_, i: string) => `{{ ${this.#expressions[Number(i)]?.text} }}`);
  }
}
