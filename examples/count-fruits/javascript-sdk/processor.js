// Sums up what is in each basket, with the SDK. basket.js parses.

import { processor } from "sandmill";

import { CATEGORIES, read } from "./basket.js";

processor((input) => read(input.text()), { columns: CATEGORIES });
