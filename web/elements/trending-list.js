// <trending-list>: the titles by downloads.

import { DIMENSIONS } from "../downloads.js";
import { RankedList } from "./ranked-list.js";

class TrendingList extends RankedList {
  heading = "Trending";
  emptyText = "Nothing is trending";
  emptyHint = "Titles appear here as soon as somebody downloads them.";
  dimension = DIMENSIONS.find(({ name }) => name === "title");
}

customElements.define("trending-list", TrendingList);
