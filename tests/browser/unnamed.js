// What a screen reader could not name, and other slips that an automatic check finds.
() => {
  const named = (element) => element.labels?.length || element.getAttribute("aria-label")
    || element.getAttribute("aria-labelledby") || element.title || element.textContent.trim();
  const wrong = [];
  for (const element of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary, canvas, dialog")) {
    if (element.closest("[aria-hidden=true]")) continue;
    if (!named(element) && !element.querySelector("img[alt]:not([alt=''])")) wrong.push(element.outerHTML.slice(0, 120));
  }
  for (const image of document.querySelectorAll("img:not([alt])")) wrong.push(image.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  wrong.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id ${id} twice`));
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (!document.documentElement.lang) wrong.push("no language");
  return wrong;
}
