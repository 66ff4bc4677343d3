import { lakeOption } from "../../../shell.ts";
import { Command, Name } from "../parts/text.tsx";

export function EmptyLake({ lake }: { readonly lake: string }) {
  const flag = lakeOption(lake);
  return (
    <section class="panel empty">
      <h1 tabIndex={-1}>This lake is empty</h1>
      <p>
        There is nothing in <Name text={lake} /> yet. This page fills by itself as soon as there is.
      </p>
      <dl>
        <div>
          <dt>Bring in a file of readings</dt>
          <dd>
            <Command line={`vantageflow ingest readings.csv${flag}`} />
          </dd>
        </div>
        <div>
          <dt>Follow the folder, and copy files into its bronze/</dt>
          <dd>
            <Command line={`vantageflow watch${flag}`} />
          </dd>
        </div>
        <div>
          <dt>Look at a lake that is made up</dt>
          <dd>
            <Command line={`vantageflow demo${flag.replace(" --lake", "")}`} />
          </dd>
        </div>
      </dl>
    </section>
  );
}
