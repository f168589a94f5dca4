import { Router } from 'express';

/** What Keystone would answer, below the address of the images, with or without the version of a catalogue's address. */
const KEYSTONE_PATHS = /^(\/v\d[\d.]*)?\/(projects|domains)(\/|$)/;

/**
 * Answers for the Keystone that is not there. Without one, openstackclient asks the address of the images for projects by their names, as in
 * `openstack image add project`; when it may not look (403) it takes what was given for the id.
 */
export function noKeystone(): Router {
  const router = Router();
  router.get(KEYSTONE_PATHS, (_request, response) => {
    response.status(403).json({
      error: {
        code: 403,
        title: 'Forbidden',
        message: 'There is no Keystone here: give projects by their ids.',
      },
    });
  });
  return router;
}
