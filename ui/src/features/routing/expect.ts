import type { RouteResult } from "../../host";

/** A call as it is simulated. */
interface Simulated {
  capability: string;
  client: string;
  down: readonly string[];
}

/** A routing test that expects the present result: the one server, else the one region, else the error. */
export function expectation(call: Simulated, result: RouteResult | null): Record<string, unknown> {
  const client = call.client.trim();
  return {
    capability: call.capability.trim() || "weather.current",
    ...(client ? { client } : {}),
    ...(call.down.length ? { down: [...call.down] } : {}),
    expect: expected(result),
  };
}

function expected(result: RouteResult | null): Record<string, string> {
  if (!result) return { region: "us-west-2" };
  if (result.decision.refusal) return { error: result.decision.refusal.code };
  const takers = result.distribution.filter(({ calls }) => calls > 0).map(({ server }) => server);
  const [first] = takers;
  const { winner } = result.decision;
  if (takers.length <= 1) return { server: first?.name ?? winner?.name ?? "" };
  const region = first?.region;
  if (region && takers.every((one) => one.region === region)) return { region };
  return { server: winner?.name ?? "" };
}
