/** The product's name and colour. The pages, and the server's own pages for errors and signing out, follow this file. */
export const brand = {
  name: '{{title}}',
  title: '{{title}}',
  accentColor: '#2a56c6',
};
