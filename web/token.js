// The token with which this page reads an API that asks for one: kept for as long as the tab is open.

const KEY = "streampulse-token";

/** null: there is none. */
export function storedToken() {
  return sessionStorage.getItem(KEY);
}

export function storeToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** Tells <token-form> that the API wants another one. @param {string | null} why null: it says so itself. */
export function askForToken(why = null) {
  window.dispatchEvent(new CustomEvent("token-needed", { detail: why }));
}
