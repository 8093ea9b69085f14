// The state of the page, and who hears of a change.

/** State with topics: `on(topic, hear)` registers, `tell(topic)` calls everyone registered. */
export function makeStore(state) {
  const heard = new Map();
  return {
    state,
    on(topic, hear) {
      heard.set(topic, [...(heard.get(topic) ?? []), hear]);
    },
    tell(topic) {
      for (const hear of heard.get(topic) ?? []) hear(state);
    },
  };
}

/** Runs an asynchronous function one call at a time; of the calls made meanwhile only the last is kept. */
export function latest(work) {
  let running = false;
  let waiting = null;
  return async function ask(...given) {
    if (running) {
      waiting = given;
      return;
    }
    running = true;
    try {
      await work(...given);
    } finally {
      running = false;
      if (waiting) {
        const next = waiting;
        waiting = null;
        ask(...next);
      }
    }
  };
}
