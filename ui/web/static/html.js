// What every screen draws with: preact's elements as template strings, and its hooks.
import { h, render } from "preact";
import htm from "htm";

export const html = htm.bind(h);
export { h, render };
export { useEffect, useLayoutEffect, useRef, useState, useMemo } from "preact/hooks";
export { signal, computed, batch, effect } from "@preact/signals";
