/** The texts of our own pages in German, by their English text. */
export const german: Readonly<Record<string, string>> = {
  'Try again': 'Erneut versuchen',
  Home: 'Startseite',
  'Request id:': 'Anfrage-Nummer:',
  'The reason, shown in development only:': 'Der Grund, nur in der Entwicklung gezeigt:',
  'One moment': 'Einen Moment',
  'Looking whether you are signed in.': 'Es wird nachgesehen, ob Sie angemeldet sind.',
  'Sign in': 'Anmelden',
  'Choose where to sign in.': 'Wählen Sie, wo Sie sich anmelden.',
  'Sign out?': 'Abmelden?',
  'Sign out': 'Abmelden',
  'Stay signed in': 'Angemeldet bleiben',
  'This ends your session here and at the provider.': 'Damit endet Ihre Sitzung hier und beim Anmeldedienst.',

  'The request is malformed': 'Die Anfrage ist fehlerhaft',
  'The sign-in answer is not valid': 'Die Antwort des Anmeldedienstes ist ungültig',
  'This sign-in was not started here': 'Diese Anmeldung wurde nicht hier begonnen',
  'The sign-in does not come to an end': 'Die Anmeldung kommt zu keinem Ende',
  'The sign-in took too long': 'Die Anmeldung hat zu lange gedauert',
  'No one is signed in': 'Niemand ist angemeldet',
  'The session has ended': 'Die Sitzung ist beendet',
  'The provider needs the user to sign in': 'Der Anmeldedienst verlangt eine Anmeldung',
  'A stronger or more recent sign-in is needed': 'Eine stärkere oder neuere Anmeldung ist nötig',
  'Access was denied': 'Der Zugang wurde verweigert',
  'The signed-in user is not allowed to do this': 'Dazu sind Sie nicht berechtigt',
  'The request came from another site': 'Die Anfrage kam von einer anderen Website',
  'Not found': 'Nicht gefunden',
  'The method is not allowed here': 'Diese Methode ist hier nicht erlaubt',
  'The request body is too large': 'Die Anfrage ist zu groß',
  'Too many requests': 'Zu viele Anfragen',
  'Something went wrong on our side': 'Bei uns ist etwas schiefgegangen',
  'The sign-in provider refused the request': 'Der Anmeldedienst hat die Anfrage abgelehnt',
  'The sign-in provider gave an unacceptable answer': 'Die Antwort des Anmeldedienstes ist nicht annehmbar',
  'The API cannot be reached': 'Die Schnittstelle ist nicht erreichbar',
  'The sign-in provider cannot be reached': 'Der Anmeldedienst ist nicht erreichbar',
  'The session store cannot be reached': 'Der Sitzungsspeicher ist nicht erreichbar',
  'The sign-in provider did not answer in time': 'Der Anmeldedienst hat nicht rechtzeitig geantwortet',
  'The API did not answer in time': 'Die Schnittstelle hat nicht rechtzeitig geantwortet',

  'Check the address and the parameters of the request.':
    'Prüfen Sie die Adresse und die Angaben der Anfrage.',
  'Start the sign-in again.': 'Beginnen Sie die Anmeldung noch einmal.',
  'Start the sign-in again from this browser.': 'Beginnen Sie die Anmeldung noch einmal, in diesem Browser.',
  'Look at the likely causes, then start the sign-in again.':
    'Sehen Sie die wahrscheinlichen Ursachen an, und beginnen Sie die Anmeldung dann noch einmal.',
  'Start the sign-in again, and finish it without a long pause.':
    'Beginnen Sie die Anmeldung noch einmal, und beenden Sie sie ohne lange Pause.',
  'Sign in, then ask again.': 'Melden Sie sich an, und versuchen Sie es dann noch einmal.',
  'Sign in again.': 'Melden Sie sich noch einmal an.',
  'Sign in at the provider.': 'Melden Sie sich beim Anmeldedienst an.',
  'Sign in again as the login address asks.': 'Melden Sie sich noch einmal an, wie es hier verlangt wird.',
  'Ask for access, or sign in with another account.':
    'Bitten Sie um Zugang, oder melden Sie sich mit einem anderen Konto an.',
  'Ask for the permission, or sign in with another account.':
    'Bitten Sie um die Berechtigung, oder melden Sie sich mit einem anderen Konto an.',
  'Send the request from the application’s own pages.':
    'Senden Sie die Anfrage von den Seiten der Anwendung aus.',
  'Check the address.': 'Prüfen Sie die Adresse.',
  'Use one of the methods of the Allow header.': 'Verwenden Sie eine der Methoden in der Kopfzeile Allow.',
  'Send less.': 'Senden Sie weniger.',
  'Wait, then try again; Retry-After says how many seconds.':
    'Warten Sie, und versuchen Sie es dann noch einmal; Retry-After nennt die Sekunden.',
  'Try again; if it happens again, report the request id to the operator.':
    'Versuchen Sie es noch einmal; geschieht es wieder, dann nennen Sie dem Betreiber die Anfrage-Nummer.',
  'Try again later; the operator finds the reason in the log under the request id.':
    'Versuchen Sie es später noch einmal; der Betreiber findet den Grund im Protokoll unter der Anfrage-Nummer.',
  'Try again later.': 'Versuchen Sie es später noch einmal.',
  'Try again in a few seconds.': 'Versuchen Sie es in einigen Sekunden noch einmal.',
  'Try again in a few seconds; no one has been signed out.':
    'Versuchen Sie es in einigen Sekunden noch einmal; niemand wurde abgemeldet.',
  'Delete the cookies of this site, then try again.':
    'Löschen Sie die Cookies dieser Website und versuchen Sie es dann noch einmal.',
  'Send the request faster.': 'Senden Sie die Anfrage schneller.',
  'Ask for a range within the file.': 'Fragen Sie nach einem Bereich innerhalb der Datei.',
  'Open the sign-in address as a page of its own.': 'Öffnen Sie die Adresse der Anmeldung als eigene Seite.',
  'The dev server cannot be reached': 'Der Entwicklungsserver ist nicht erreichbar',
  'Start the dev server, then reload.': 'Starten Sie den Entwicklungsserver, und laden Sie die Seite neu.',

  'The browser does not keep cookies for this site, or something in between takes them out: allow them, and open the application under its own address.':
    'Der Browser behält die Cookies dieser Website nicht, oder etwas dazwischen entfernt sie: Erlauben Sie sie, und öffnen Sie die Anwendung unter ihrer eigenen Adresse.',
  'The servers behind this address have no common SESSION_KEYS or no common session store.':
    'Die Server hinter dieser Adresse haben keine gemeinsamen SESSION_KEYS oder keinen gemeinsamen Sitzungsspeicher.',
  'The clock of a server, or of the provider, is wrong, or sessions are made to last seconds.':
    'Die Uhr eines Servers oder des Anmeldedienstes geht falsch, oder Sitzungen dauern nur Sekunden.',
  'Name the tenants in OIDC_TENANTS, or a session by its id.':
    'Nennen Sie die Mandanten in OIDC_TENANTS oder eine Sitzung durch ihre id.',
  'Let the proxy remove Sec-Fetch-Dest from what it asks the gate with token=true.':
    'Der Proxy muss Sec-Fetch-Dest aus dem entfernen, was er mit token=true das Gate fragt.',
};
