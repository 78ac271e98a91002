interface Expression {
  readonly text: string;
  /** How the line is written that holds nothing else; undefined where it is a line like others. */
  readonly line?: (start: string) => string;
}

/**
 * Helm's expressions inside generated YAML. Objects hold a plain word in an expression's place, so that nothing is quoted
 * around it; `write` puts the expressions in when the YAML is text.
 */
export class Expressions {
  readonly #expressions: Expression[] = [];

  /** A value: `.Values.image | quote`. */
  value(text: string): string {
    return this.#word({ text });
  }

  /** A value whose whole line is left out where it is empty. */
  optional(text: string): string {
    const line = (start: string) => `{{- with ${text} }}\n${start}{{ toJson . }}\n{{- end }}`;
    return this.#word({ text, line });
  }

  /** A value whose whole line is left out where a condition holds. */
  unless(condition: string, text: string): string {
    const line = (start: string) => `{{- if not ${condition} }}\n${start}{{ ${text} }}\n{{- end }}`;
    return this.#word({ text, line });
  }

  /** An item of a list for each element of another, which is `.` in it. */
  each(list: string, item: string): string {
    return this.#word({
      text: list,
      line: (start) => `{{- range ${list} }}\n${start}${item}\n{{- end }}`,
    });
  }

  write(yaml: string): string {
    return yaml
      .replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`)
      .split('\n')
      .map((line) => this.#line(line))
      .join('\n');
  }

  #word(expression: Expression): string {
    return `HELM${this.#expressions.push(expression) - 1}X`;
  }

  #line(line: string): string {
    const [, start, index] = /^( *(?:\w+:|-) )HELM(\d+)X$/.exec(line) ?? [];
    const whole = this.#expressions[Number(index)];
    if (start !== undefined && whole?.line !== undefined) return whole.line(start);
    return line.replaceAll(/HELM(\d+)X/g, (_, i: string) => `{{ ${this.#expressions[Number(i)]?.text} }}`);
  }
}
