// Entry of the worker: exposes the one service.

import { expose } from 'comlink';
import { EngineService } from './engine-service.ts';

expose(new EngineService());
