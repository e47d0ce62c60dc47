/** The product's name and colour. The pages, and the server's own pages for errors and signing out, follow this file. */
export const brand = {
  name: 'Plusauth Starter',
  title: 'Plusauth Starter Template',
  accentColor: '#2a56c6',
};
