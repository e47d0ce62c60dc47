import { createBffClient } from '@foyer/client';
import { BffProvider } from '@foyer/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';
import { App } from './app.tsx';
import './style.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id root');

createRoot(root).render(
  <StrictMode>
    <BffProvider client={createBffClient({ baseUrl: import.meta.env.BASE_URL })}>
      <BrowserRouter basename={import.meta.env.BASE_URL}>
        <App />
      </BrowserRouter>
    </BffProvider>
  </StrictMode>,
);
