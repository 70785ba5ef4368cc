/* What HTML cannot do by itself. Every page works without it. */

/* A menu closes like one: by Escape, and by a click elsewhere. */
const menus = () => document.querySelectorAll('.menu[open]')
addEventListener('click', ({ target }) => {
  for (const menu of menus()) if (!menu.contains(target)) menu.open = false
})
addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return
  for (const menu of menus()) {
    menu.open = false
    menu.querySelector('summary').focus()
  }
})
