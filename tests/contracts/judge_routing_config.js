// What the page makes of one case of routing_config_cases.json. `rule` is the module frontend/routing-config.js.
(testCase, rule) => {
  // As `Response.text()` does: UTF-8, and one byte order mark does not count.
  const decode = (text) => new TextDecoder().decode(new TextEncoder().encode(text));
  const read = (role) => {
    if (testCase[role] === null) return { state: "absent" };
    const config = rule.parseConfig(decode(testCase[role]) + " ".repeat(testCase.blanks?.[role] ?? 0));
    return config ? { state: "valid", config } : { state: "invalid" };
  };
  const copies = { primary: read("primary"), failover: read("failover") };
  let [obeyed, highest, authoritative] = [null, 0, null];
  for (const role of ["primary", "failover"]) {
    const { config } = copies[role];
    if (!config || !rule.isAccepted(config, { config: obeyed, highest })) continue;
    [obeyed, highest, authoritative] = [config, Math.max(highest, config.generation ?? 0), role];
  }
  return {
    states: { primary: copies.primary.state, failover: copies.failover.state },
    authoritative,
    apiUrl: obeyed?.apiUrl ?? null,
    generation: obeyed?.generation ?? null,
    manuallyEdited: obeyed !== null && obeyed.generation === null,
  };
}
