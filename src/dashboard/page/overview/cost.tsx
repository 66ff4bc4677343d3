import type { CostEstimate, ServiceCost } from "../../../cost/estimate.ts";
import { dollars } from "../format.ts";
import { Panel } from "../parts/panel.tsx";

const quantities = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

/** Never taken for a bill: the word, the region and the day of the price list stand beside the numbers. */
export function Cost({ cost }: { readonly cost: CostEstimate }) {
  return (
    <Panel
      title="Cost a month by service"
      note={
        <>
          <span class="chip">estimate, not billed</span> {cost.region}, prices of {cost.prices}
        </>
      }
      class="cost"
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Estimated cost a month by service, table">
        <table>
          <caption class="hidden">Estimated cost a month by service</caption>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col" class="number">
                Month
              </th>
              <th scope="col" class="number">
                With the free tier
              </th>
            </tr>
          </thead>
          <tbody>
            {cost.services.map((each) => (
              <tr key={each.service}>
                <th scope="row">{each.service}</th>
                <td class="number">{dollars(each.month)}</td>
                <td class="number">{dollars(each.month_free_tier)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Total estimate</th>
              <td class="number">{dollars(cost.month)}</td>
              <td class="number">{dollars(cost.month_free_tier)}</td>
            </tr>
          </tfoot>
        </table>
      </section>
      <details class="numbers">
        <summary>What it is made of</summary>
        <ul class="pairs cost-items">{cost.services.flatMap(itemsOf)}</ul>
      </details>
      <p class="note">A month at the pace of the last 24 hours; of a younger lake, at that of its age.</p>
    </Panel>
  );
}

function itemsOf({ service, items }: ServiceCost) {
  return items.map(({ name, quantity, unit, price, month }) => (
    <li key={`${service} ${name}`}>
      <span>
        {service}: {name}
        <span class="muted">
          {" "}
          {quantities.format(quantity)} {unit} at ${price}
        </span>
      </span>
      <span class="number">{dollars(month)}</span>
    </li>
  ));
}
