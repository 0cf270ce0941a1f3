interface Props {
  label: string;
  hint?: string | undefined;
  options: readonly { id: string; label: string }[];
  chosen: readonly string[];
  onChange(chosen: string[]): void;
}

/** Any of a few things. */
export function Choices({ label, hint, options, chosen, onChange }: Props) {
  if (options.length === 0) return null;
  return (
    <fieldset class="choices">
      <legend class="field-label">{label}</legend>
      {hint && <p class="field-hint">{hint}</p>}
      <div class="choices-list">
        {options.map((o) => (
          <label key={o.id} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(o.id)}
              onChange={(e) => onChange(e.currentTarget.checked ? [...chosen, o.id] : chosen.filter((id) => id !== o.id))}
            />
            <span dir="auto">{o.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
